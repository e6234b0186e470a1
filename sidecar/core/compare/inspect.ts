import {
  isArray,
  isContainer,
  type JsonArray,
  type JsonObject,
  type JsonValue,
} from "./jsonValue.ts";

/** What a parsed document holds that its parser did not say. */
export type Inspection = {
  /** Names in all its objects; fewer than the text has when one occurs twice in an object. */
  readonly names: number;
  /** Whether every number is within a double's range. */
  readonly finite: boolean;
  /** Whether a number is beyond 2^53, where a double can't hold every whole number. */
  readonly wide: boolean;
};

/** Looks at every value once, without recursion. */
export function inspect(document: JsonValue): Inspection {
  const open: (JsonArray | JsonObject)[] = [];
  const seen = { names: 0, largest: 0 };
  inspectValue(document, open, seen);
  for (let container = open.pop(); container !== undefined; container = open.pop()) {
    if (isArray(container)) {
      for (const element of container) {
        inspectValue(element, open, seen);
      }
    } else {
      for (const name in container) {
        seen.names += 1;
        inspectValue(container[name] ?? null, open, seen);
      }
    }
  }
  return {
    names: seen.names,
    finite: seen.largest < Number.POSITIVE_INFINITY,
    wide: seen.largest > Number.MAX_SAFE_INTEGER,
  };
}

function inspectValue(
  value: JsonValue,
  open: (JsonArray | JsonObject)[],
  seen: { largest: number },
): void {
  if (typeof value === "number") {
    const magnitude = Math.abs(value);
    if (magnitude > seen.largest) {
      seen.largest = magnitude;
    }
  } else if (isContainer(value)) {
    open.push(value);
  }
}
