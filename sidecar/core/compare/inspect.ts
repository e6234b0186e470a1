import {
  isArray,
  isContainer,
  isLongFromNumber,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from "./jsonValue.ts";
import type { Shape } from "./scan.ts";

/** What a parsed document holds that its parser did not say. The shape is that of its text, unless a name occurs twice in an object. */
export type Inspection = Shape & {
  /** Whether every number is within a double's range. */
  readonly finite: boolean;
  /** Whether a number is beyond 2^53, where a double can't hold every whole number. */
  readonly wide: boolean;
};

type Seen = { depth: number; names: number; tokens: number; largest: number };

/** Deeper levels are not looked into: such a document is refused whatever they hold. Recursion ends there. */
const DEPTH_MAX = 512;

/** Looks at every value once. Counts nothing below a depth of 512. */
export function inspect(document: JsonValue): Inspection {
  const seen: Seen = { depth: 0, names: 0, tokens: 0, largest: 0 };
  if (isContainer(document)) {
    inspectContainer(document, seen, 1);
  } else if (typeof document === "number") {
    seen.largest = Math.abs(document);
  }
  const { depth, names, tokens, largest } = seen;
  const finite = largest < Number.POSITIVE_INFINITY;
  return { depth, tokens, names, finite, wide: largest > Number.MAX_SAFE_INTEGER };
}

function inspectContainer(container: JsonArray | JsonObject, seen: Seen, depth: number): void {
  seen.depth = Math.max(seen.depth, depth);
  if (depth > DEPTH_MAX) {
    return;
  }
  if (isArray(container)) {
    inspectArray(container, seen, depth);
  } else {
    inspectObject(container, seen, depth);
  }
}

function inspectArray(array: JsonArray, seen: Seen, depth: number): void {
  seen.tokens += 1 + Math.max(1, array.length);
  const magnitude = isLongFromNumber(array) ? largestOf(array) : undefined;
  if (magnitude !== undefined) {
    seen.largest = Math.max(seen.largest, magnitude);
    return;
  }
  for (let index = 0; index < array.length; index += 1) {
    const value = array.at(index) ?? null;
    if (typeof value === "number") {
      seen.largest = Math.max(seen.largest, Math.abs(value));
    } else if (isContainer(value)) {
      inspectContainer(value, seen, depth + 1);
    }
  }
}

/** The largest magnitude of an array of nothing but numbers; undefined for any other. */
function largestOf(array: JsonArray): number | undefined {
  let largest = 0;
  for (let index = 0; index < array.length; index += 1) {
    const value = array[index];
    if (typeof value !== "number") {
      return undefined;
    }
    largest = Math.max(largest, Math.abs(value));
  }
  return largest;
}

function inspectObject(object: JsonObject, seen: Seen, depth: number): void {
  let names = 0;
  for (const name in object) {
    const value = object[name] ?? null;
    names += 1;
    if (typeof value === "number") {
      seen.largest = Math.max(seen.largest, Math.abs(value));
    } else if (isContainer(value)) {
      inspectContainer(value, seen, depth + 1);
    }
  }
  seen.names += names;
  seen.tokens += 1 + Math.max(1, names) + names;
}
