import { indexState, nameState, type PathState } from "./automaton.ts";
import type { PredictionComparison, Said } from "./comparison.ts";
import { isArray, isObject, type JsonArray, type JsonObject, type JsonValue } from "./jsonValue.ts";
import { isNumber } from "./number.ts";
import type { Segment } from "./path.ts";
import type { CompiledPrediction } from "./rules.ts";
import { nameOf } from "./tensors.ts";
import { equalValues } from "./walk.ts";

/** The documents of two answers; undefined where an answer has none that could be read. */
export type Documents = {
  readonly primary: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
};

/**
 * Compares the predictions; `document` has the rules for the documents. A name in a path also finds the element of a list that has it as its
 * `name`, as tensors have. Labels are equal when they do not differ under the rules' tolerances and unordered arrays; a rule
 * that ignores the label or what holds it counts for the answer only, not for the prediction.
 */
export function comparePredictions(
  documents: Documents,
  rules: CompiledPrediction,
  document: PathState | undefined,
): PredictionComparison {
  const { path, by, score, isKept } = rules;
  const primary = valueAt(documents.primary, path);
  const candidate = valueAt(documents.candidate, path);
  return {
    flipped:
      by === "top1"
        ? flipped({ primary: top1(primary), candidate: top1(candidate), state: undefined })
        : flipped({ primary, candidate, state: stateAt(document, path) }),
    scoreDifference: score && scoreDifference(documents, score),
    ...(isKept && {
      said: {
        primary: saidIn(documents.primary, rules),
        candidate: saidIn(documents.candidate, rules),
      },
    }),
  };
}

/** What one answer's document predicts. The place of the largest number of several rows is the list of places. */
export function saidIn(
  document: JsonValue | undefined,
  { path, by, score }: CompiledPrediction,
): Said {
  const found = valueAt(document, path);
  const value = by === "top1" ? oneRow(top1(found)) : found;
  const number = score && valueAt(document, score);
  return {
    label: value === undefined ? undefined : labelOf(value),
    score: number !== undefined && isNumber(number) ? Number(number) : undefined,
  };
}

function oneRow(places: JsonArray | undefined): JsonValue | undefined {
  return places?.length === 1 ? places[0] : places;
}

function labelOf(value: JsonValue): string | number {
  if (typeof value === "string") {
    return value;
  }
  return isNumber(value) ? Number(value) : (JSON.stringify(value, digits) ?? "");
}

function digits(_: string, value: JsonValue): JsonValue {
  return typeof value === "bigint" ? value.toString() : value;
}

/** The place of the largest number, the first of equals, in each row; undefined when there are no numbers. */
function top1(value: JsonValue | undefined): JsonArray | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (isObject(value)) {
    const { data, shape } = value;
    const width = shape !== undefined && isArray(shape) ? shape.at(-1) : undefined;
    return data !== undefined && isArray(data) && typeof width === "number"
      ? placesOfLargest(data, width)
      : undefined;
  }
  return isArray(value) ? placesOfLargest(value, value.length) : undefined;
}

function placesOfLargest(data: JsonArray, width: number): JsonArray | undefined {
  if (data.length === 0 || !(width >= 1) || !data.every(isNumber)) {
    return undefined;
  }
  const places: number[] = [];
  for (let begin = 0; begin < data.length; begin += width) {
    const row = data.slice(begin, begin + width).map(Number);
    places.push(row.reduce((best, score, place) => (score > (row[best] ?? 0) ? place : best), 0));
  }
  return places;
}

function flipped(
  labels: Documents & { readonly state: PathState | undefined },
): boolean | undefined {
  const { primary, candidate, state } = labels;
  if (primary === undefined && candidate === undefined) {
    return undefined;
  }
  return (
    primary === undefined || candidate === undefined || !equalValues({ primary, candidate, state })
  );
}

function scoreDifference(documents: Documents, score: readonly Segment[]): number | undefined {
  const primary = valueAt(documents.primary, score);
  const candidate = valueAt(documents.candidate, score);
  return primary !== undefined &&
    candidate !== undefined &&
    isNumber(primary) &&
    isNumber(candidate)
    ? Number(candidate) - Number(primary)
    : undefined;
}

function valueAt(document: JsonValue | undefined, path: readonly Segment[]): JsonValue | undefined {
  let value = document;
  for (const segment of path) {
    value = value === undefined ? undefined : childOf(value, segment);
  }
  return value;
}

function childOf(value: JsonValue, segment: Segment): JsonValue | undefined {
  switch (segment.kind) {
    case "name":
      if (isArray(value)) {
        return value.find((element) => nameOf(element) === segment.name);
      }
      return isObject(value) ? ownMember(value, segment.name) : undefined;
    case "index":
      return isArray(value) ? value.at(segment.index) : undefined;
    case "any":
      return undefined;
    default:
      return segment satisfies never;
  }
}

/** What is not the object's own is a function, or the prototype itself: no value of a document. */
function ownMember(object: JsonObject, name: string): JsonValue | undefined {
  const value = object[name];
  return typeof value === "function" || value === Object.prototype ? undefined : value;
}

function stateAt(document: PathState | undefined, path: readonly Segment[]): PathState | undefined {
  let state = document;
  for (const segment of path) {
    if (segment.kind === "name") {
      state = nameState(state, segment.name);
    } else if (segment.kind === "index") {
      state = indexState(state, segment.index);
    }
  }
  return state?.ignored === true ? undefined : state;
}
