import { parseDecimal } from "./decimal.ts";
import { parseNumber } from "./value.ts";

/** What a column can be taken for. */
export type ColumnType = "numeric" | "categorical" | "text" | "embedding" | "nothing";

/** From this share of numbers among the values on, a column is measured, and the others are problems. */
const NUMBERS_SHARE = 0.95;
/** Texts are taken for free text where there are more different ones than this, and hardly any twice. */
const CATEGORIES_USUAL = 100;
const DIFFERENT_SHARE = 0.5;

/** What is counted of the values that a column's type is taken from. */
export type TypeEvidence = {
  values: number;
  numbers: number;
  texts: number;
  lists: number;
  objects: number;
  /** At most as many as were looked at. */
  readonly different: Set<string>;
};

/** No value seen. */
export function startEvidence(): TypeEvidence {
  return { values: 0, numbers: 0, texts: 0, lists: 0, objects: 0, different: new Set() };
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
  }
}

/** The type that most of the values speak for. */
export function typeOf({ values, numbers, texts, lists, different }: TypeEvidence): ColumnType {
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
  const isFree = different.size > CATEGORIES_USUAL && different.size > DIFFERENT_SHARE * texts;
  return isFree ? "text" : "categorical";
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
