import { indexState, nameState, type PathState } from "./automaton.ts";
import type { PredictionComparison } from "./comparison.ts";
import { isArray, isObject, type JsonValue } from "./jsonValue.ts";
import { isNumber } from "./number.ts";
import type { Segment } from "./path.ts";
import type { CompiledRules } from "./rules.ts";
import { equalValues } from "./walk.ts";

/** The documents of two answers; undefined where an answer has none that could be read. */
export type Documents = {
  readonly primary: JsonValue | undefined;
  readonly candidate: JsonValue | undefined;
};

/**
 * Compares the predictions. Labels are equal when they do not differ under the rules' tolerances and unordered arrays; a rule
 * that ignores the label or what holds it counts for the answer only, not for the prediction.
 */
export function comparePredictions(
  documents: Documents,
  rules: CompiledRules,
): PredictionComparison | undefined {
  if (rules.prediction === undefined) {
    return undefined;
  }
  const { label, score } = rules.prediction;
  const primary = valueAt(documents.primary, label);
  const candidate = valueAt(documents.candidate, label);
  return {
    flipped: flipped({ primary, candidate, state: stateAt(rules.document, label) }),
    scoreDifference: score && scoreDifference(documents, score),
  };
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
      return isObject(value) && Object.hasOwn(value, segment.name)
        ? value[segment.name]
        : undefined;
    case "index":
      return isArray(value) ? value[segment.index] : undefined;
    case "any":
      return undefined;
    default:
      return segment satisfies never;
  }
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
