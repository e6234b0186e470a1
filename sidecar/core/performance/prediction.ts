import type { Variant } from "../observation.ts";

/** Bounds of what is stored, in UTF-16 units. */
export const ID_LENGTH_MAX = 128;
export const LABEL_LENGTH_MAX = 256;
export const NAME_LENGTH_MAX = 64;

/** Predictions, or labels, in one call to a store; and problems that it tells of. */
export const RECORDS_MAX = 10_000;
export const PROBLEMS_MAX = 20;
/** Rollouts that a store tells apart, for ever. */
export const ROLLOUTS_MAX = 1_000;

/** A class, or a number. */
export type LabelValue = string | number;

/** What one variant said to one request, to be compared with a label that comes later. */
export type Prediction = {
  /** Name of the plan. */
  readonly rollout: string;
  /** The request's id, by which its label comes; both variants' predictions of a shadowed request have the same one. */
  readonly id: string;
  readonly variant: Variant;
  readonly version: string;
  /** When the request began, Unix time. */
  readonly atMs: number;
  /** The class or number predicted. */
  readonly label: LabelValue;
  /** The chance of the positive class, or what else ranks predictions; absent when it is not known. */
  readonly score?: number;
  /** A group of requests that is looked at on its own. */
  readonly slice?: string;
};

/** What was true of one request (the label, ground truth). */
export type Label = { readonly rollout: string; readonly id: string; readonly label: LabelValue };

/** Something that could not be taken as it was given. */
export type InputProblem = {
  /** Place in what was given, from 0. */
  readonly index: number;
  /** `field: what was given: what is allowed`. */
  readonly problem: string;
};

/** What is left of an input, and what was wrong with it; `value` is undefined when nothing can be done with it. */
export type Checked<T> = { readonly value: T | undefined; readonly problems: readonly string[] };

/** Stands for a prediction that is too long to be stored; a label never equals it. */
export const OVERLONG = "(longer than can be stored)";

/**
 * A prediction as it can be stored. Without an id, name, version or time it is refused. What only hurts itself is kept without the bad part, as
 * leaving out bad answers would make a variant look better: a score that is no finite number, or an overlong slice, is dropped; a
 * predicted number that isn't finite becomes the class of its name, and an overlong class `OVERLONG`, so that both are wrong.
 */
export function checkPrediction(given: Prediction): Checked<Prediction> {
  const missing = [...namesOf(given), ...lengthOf("version", given.version, NAME_LENGTH_MAX)];
  if (!Number.isSafeInteger(given.atMs) || given.atMs < 0) {
    missing.push(`atMs: ${given.atMs}: milliseconds since 1970`);
  }
  if (missing.length > 0) {
    return { value: undefined, problems: missing };
  }
  const { score, slice, label, ...rest } = given;
  const problems = {
    score: Number.isFinite(score ?? 0) ? [] : [`score: ${score}: a finite number`],
    slice: slice === undefined ? [] : lengthOf("slice", slice, NAME_LENGTH_MAX),
    label: labelProblems(label),
  };
  const value = {
    ...rest,
    label: problems.label.length === 0 ? label : classOf(label),
    ...(score === undefined || problems.score.length > 0 ? {} : { score }),
    ...(slice === undefined || problems.slice.length > 0 ? {} : { slice }),
  };
  return { value, problems: Object.values(problems).flat() };
}

/** The class that stands for a prediction that can't be stored as it is. */
function classOf(label: LabelValue): string {
  return typeof label === "number" ? String(label) : OVERLONG;
}

/** A label as it can be stored; refused when anything is wrong with it. */
export function checkLabel(given: Label): Checked<Label> {
  const problems = [...namesOf(given), ...labelProblems(given.label)];
  return { value: problems.length === 0 ? given : undefined, problems };
}

function namesOf({ rollout, id }: Pick<Label, "rollout" | "id">): string[] {
  return [...lengthOf("rollout", rollout, NAME_LENGTH_MAX), ...lengthOf("id", id, ID_LENGTH_MAX)];
}

function labelProblems(label: LabelValue): readonly string[] {
  if (typeof label === "string") {
    return lengthOf("label", label, LABEL_LENGTH_MAX);
  }
  return Number.isFinite(label) ? [] : [`label: ${label}: a finite number`];
}

function lengthOf(field: string, text: string, max: number): readonly string[] {
  const length = text.length;
  return length > 0 && length <= max ? [] : [`${field}: ${length} characters: 1 to ${max}`];
}
