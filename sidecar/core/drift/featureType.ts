import { parseDecimal } from "./decimal.ts";
import { parseNumber } from "./value.ts";

/** What a column can be taken for. */
export type ColumnType =
  | "numeric"
  | "categorical"
  | "text"
  | "embedding"
  | "identifiers"
  | "nothing";

/** From this share of numbers among the values on, a column is measured, and the others are problems. */
const NUMBERS_SHARE = 0.95;
/** Texts are taken for free text where there are more different ones than this, and hardly any twice. */
const CATEGORIES_USUAL = 100;
const DIFFERENT_SHARE = 0.5;
/** Free text has three words or more in at least so many of its values; others are identifiers, dates or names. */
const PROSE_SHARE = 0.5;
const THREE_WORDS = /\S\s+\S+\s+\S/;
/** So much of a text is looked at for its words. */
const LOOKED_UNITS = 256;

/** What is counted of the values that a column's type is taken from. */
export type TypeEvidence = {
  values: number;
  numbers: number;
  texts: number;
  /** Texts of three words or more. */
  prose: number;
  lists: number;
  objects: number;
  /** At most as many as were looked at. */
  readonly different: Set<string>;
};

/** No value seen. */
export function startEvidence(): TypeEvidence {
  return {
    values: 0,
    numbers: 0,
    texts: 0,
    prose: 0,
    lists: 0,
    objects: 0,
    different: new Set(),
  };
}

/** Looks at one more value, which may be missing. */
export function addEvidence(evidence: TypeEvidence, value: unknown): void {
  const kind = kindOf(value);
  if (kind === "missing") {
    return;
  }
  evidence.values += 1;
  evidence.numbers += kind === "number" ? 1 : 0;
  evidence.texts += kind === "text" ? 1 : 0;
  evidence.lists += kind === "list" ? 1 : 0;
  evidence.objects += kind === "object" ? 1 : 0;
  if (kind === "text") {
    evidence.different.add(String(value));
    evidence.prose += THREE_WORDS.test(String(value).slice(0, LOOKED_UNITS)) ? 1 : 0;
  }
}

/** The type that most of the values speak for. */
export function typeOf(evidence: TypeEvidence): ColumnType {
  const { values, numbers, texts, lists } = evidence;
  if (values === 0) {
    return "nothing";
  }
  if (numbers >= NUMBERS_SHARE * values) {
    return "numeric";
  }
  if (lists >= NUMBERS_SHARE * values) {
    return "embedding";
  }
  if (numbers + texts < NUMBERS_SHARE * values) {
    return "nothing";
  }
  return typeOfTexts(evidence);
}

function typeOfTexts({ texts, prose, different }: TypeEvidence): ColumnType {
  if (different.size <= CATEGORIES_USUAL || different.size <= DIFFERENT_SHARE * texts) {
    return "categorical";
  }
  return prose >= PROSE_SHARE * texts ? "text" : "identifiers";
}

function kindOf(value: unknown): "missing" | "number" | "text" | "list" | "object" {
  switch (typeof value) {
    case "number":
      return Number.isNaN(value) ? "missing" : "number";
    case "boolean":
      return "text";
    case "string":
      return kindOfText(value);
    default:
      if (value === null || value === undefined) {
        return "missing";
      }
      return isVector(value) ? "list" : "object";
  }
}

function kindOfText(text: string): "missing" | "number" | "text" {
  const number = Number.isNaN(parseDecimal(text)) ? parseNumber(text) : 0;
  if (number === null) {
    return "text";
  }
  return Number.isNaN(number) ? "missing" : "number";
}

/** Whether a value is a list of numbers. */
function isVector(value: unknown): boolean {
  return (
    Array.isArray(value) && value.length > 0 && value.every((each) => typeof each === "number")
  );
}
