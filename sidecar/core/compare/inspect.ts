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

type Container = JsonArray | JsonObject;
type Seen = { names: number; tokens: number; largest: number };

/** Looks at every value once, level by level, without recursion. */
export function inspect(document: JsonValue): Inspection {
  const seen: Seen = { names: 0, tokens: 0, largest: 0 };
  const containers: Container[] = [];
  if (isContainer(document)) {
    containers.push(document);
  } else if (typeof document === "number") {
    seen.largest = Math.abs(document);
  }
  let depth = 0;
  let levelEnd = 0;
  for (let at = 0; at < containers.length; at += 1) {
    if (at === levelEnd) {
      depth += 1;
      levelEnd = containers.length;
    }
    const container = containers[at] ?? [];
    if (isArray(container)) {
      inspectArray(container, seen, containers);
    } else {
      inspectObject(container, seen, containers);
    }
  }
  const { names, tokens, largest } = seen;
  const finite = largest < Number.POSITIVE_INFINITY;
  return { depth, tokens, names, finite, wide: largest > Number.MAX_SAFE_INTEGER };
}

function inspectArray(array: JsonArray, seen: Seen, containers: Container[]): void {
  seen.tokens += 1 + Math.max(1, array.length);
  const magnitude = isLongFromNumber(array) ? largestOf(array) : undefined;
  if (magnitude !== undefined) {
    seen.largest = Math.max(seen.largest, magnitude);
    return;
  }
  let { largest } = seen;
  for (let index = 0; index < array.length; index += 1) {
    const value = array.at(index) ?? null;
    if (typeof value === "number") {
      largest = Math.max(largest, Math.abs(value));
    } else if (isContainer(value)) {
      containers.push(value);
    }
  }
  seen.largest = largest;
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

function inspectObject(object: JsonObject, seen: Seen, containers: Container[]): void {
  let { largest } = seen;
  let names = 0;
  for (const name in object) {
    const value = object[name] ?? null;
    names += 1;
    if (typeof value === "number") {
      largest = Math.max(largest, Math.abs(value));
    } else if (isContainer(value)) {
      containers.push(value);
    }
  }
  seen.largest = largest;
  seen.names += names;
  seen.tokens += 1 + Math.max(1, names) + names;
}
