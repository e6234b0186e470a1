import { CATEGORY_LENGTH_MAX } from "./profile.ts";

/** What was odd about a value, though it was counted. */
export const PROBLEMS = [
  "numberAsText",
  "booleanAsNumber",
  "infinite",
  "wrongType",
  "tooLong",
] as const;
export type Problem = (typeof PROBLEMS)[number];

/** What such a value is, and what becomes of it: for sentences about one of them and about many. */
export const WHAT: Readonly<Record<Problem, string>> = {
  numberAsText: "a number written as text, read as the number",
  booleanAsNumber: "true or false where numbers are, read as 1 or 0",
  infinite: "infinite, counted in the outermost bin, kept out of mean, deviation and range",
  wrongType: "not of the column's type, counted as missing",
  tooLong: `longer than ${CATEGORY_LENGTH_MAX} characters, counted as one other category`,
};

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const INFINITE = /^([+-]?)inf(inity)?$/i;
const MISSING = /^(nan|na|n\/a|null|none|)$/i;

/**
 * The number that a text stands for, spaces around it aside: decimal, or "inf" or "infinity" with a sign; NaN where the text says that
 * there is none ("", "NaN", "NA", "N/A", "null", "none", in capitals or not); null for every other text.
 */
export function parseNumber(text: string): number | null {
  if (text.length > CATEGORY_LENGTH_MAX) {
    return null;
  }
  const trimmed = text.trim();
  if (DECIMAL.test(trimmed)) {
    return Number(trimmed);
  }
  if (MISSING.test(trimmed)) {
    return Number.NaN;
  }
  const infinite = INFINITE.exec(trimmed);
  if (infinite === null) {
    return null;
  }
  return infinite[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** The number that a value stands for, NaN when it is missing; `note` is told what is odd. */
export function numberOf(value: unknown, note: (problem: Problem) => void): number {
  switch (typeof value) {
    case "number":
      return value;
    case "string": {
      const number = parseNumber(value);
      if (number === null || !Number.isNaN(number)) {
        note(number === null ? "wrongType" : "numberAsText");
      }
      return number ?? Number.NaN;
    }
    case "boolean":
      note("booleanAsNumber");
      return Number(value);
    case "bigint":
      return Number(value);
    default:
      return nothing(value, note) ?? Number.NaN;
  }
}

/** The category that a value stands for, null when it is missing; `note` is told what is odd. */
export function categoryOf(value: unknown, note: (problem: Problem) => void): string | null {
  switch (typeof value) {
    case "string":
      if (value.length > CATEGORY_LENGTH_MAX) {
        note("tooLong");
      }
      return value === "" ? null : value;
    case "number":
      return Number.isNaN(value) ? null : String(value);
    case "boolean":
    case "bigint":
      return String(value);
    default:
      return nothing(value, note);
  }
}

/** Null and undefined are missing, and so is what is no single value (objects, arrays), which is told. */
function nothing(value: unknown, note: (problem: Problem) => void): null {
  if (value !== null && value !== undefined) {
    note("wrongType");
  }
  return null;
}
