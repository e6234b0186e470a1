import type { PathState } from "./automaton.ts";
import type { Contents, Difference } from "./comparison.ts";
import { isArray, isContainer, type JsonValue } from "./jsonValue.ts";
import { isNumber } from "./number.ts";

/** What two documents hold at one place, and the rules for it. */
export type Found = {
  readonly primary: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
  readonly state: PathState | undefined;
};

/** What two documents hold, for people. */
export function contentsOf({ primary, candidate, state }: Found): Contents {
  return { primary, candidate, disclosure: state?.disclosure ?? "default" };
}

/** How two values that differ do so. */
export function kindOf({ primary, candidate }: Found): Difference["kind"] {
  if (primary === undefined || candidate === undefined) {
    return candidate === undefined ? "missing" : "extra";
  }
  if (isNumber(primary) && isNumber(candidate)) {
    return "value";
  }
  const alike = typeof primary === typeof candidate && !isContainer(primary);
  return alike && primary !== null && candidate !== null ? "value" : "type";
}

/** Words of our own about two answers, of which nothing has to be hidden. */
export function described(primary: string, candidate: string): Contents {
  return { primary, candidate, disclosure: "described" };
}

/** Longest text that `redacted` returns. */
export const REDACTED_LENGTH_MAX = 64;
/** Whole numbers of more digits are identifiers more often than measures. */
const DIGITS_MAX = 6;

/**
 * What may be told of a content: without a rule the type and length of a text, of whole numbers beyond a million and of what holds others,
 * and all of any other number, of true, false and null; where hidden the type alone. At most 64 characters; what is longer is cut and ends
 * in an ellipsis.
 */
export function redacted(value: JsonValue | undefined, disclosure: Contents["disclosure"]): string {
  if (value === undefined) {
    return "nothing";
  }
  if (value === null) {
    return "null";
  }
  const text = disclosure === "hidden" ? typeOf(value) : told(value, disclosure);
  return text.length > REDACTED_LENGTH_MAX
    ? `${text.slice(0, REDACTED_LENGTH_MAX - 1).replace(/[\ud800-\udbff]$/, "")}…`
    : text;
}

function told(value: NonNullable<JsonValue>, disclosure: Contents["disclosure"]): string {
  switch (typeof value) {
    case "string":
      if (disclosure === "described") {
        return value;
      }
      return disclosure === "shown"
        ? JSON.stringify(value.slice(0, REDACTED_LENGTH_MAX))
        : `text of ${value.length}`;
    case "number":
    case "bigint":
      return disclosure === "default" && isLong(value) ? lengthOf(value) : String(value);
    case "boolean":
      return String(value);
    default:
      return isArray(value) ? `list of ${value.length}` : `object of ${Object.keys(value).length}`;
  }
}

function typeOf(value: NonNullable<JsonValue>): string {
  switch (typeof value) {
    case "string":
      return "text";
    case "bigint":
      return "number";
    case "object":
      return isArray(value) ? "list" : "object";
    default:
      return typeof value;
  }
}

function isLong(value: number | bigint): boolean {
  return typeof value === "bigint" || (Number.isInteger(value) && digitsOf(value) > DIGITS_MAX);
}

function lengthOf(value: number | bigint): string {
  return `number of ${digitsOf(value)} digits`;
}

function digitsOf(value: number | bigint): number {
  return BigInt(value).toString().replace("-", "").length;
}
