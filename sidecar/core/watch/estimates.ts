import type { Variant } from "../observation.ts";
import {
  addExpected,
  type Estimated,
  type EstimateLimits,
  type Expected,
  estimatedOf,
  isUnusual,
  noExpected,
} from "../performance/cbpe.ts";
import {
  type EstimateReference,
  estimateReference,
  type ReferencePrediction,
} from "../performance/cbpeReference.ts";
import { type MaturedCase, truthOf } from "../performance/maturity.ts";
import type { LabelValue, Prediction } from "../performance/prediction.ts";
import type { LabelRules } from "../plan/plan.ts";
import type { Look } from "./anomalies.ts";

/** Labelled predictions with a score that a variant is calibrated on: its first ones. */
export const CALIBRATED_ON = 2_000;
/** A window of estimates has at least so many predictions, as the reference's chunks have, and lasts at least so long. */
export const WINDOW_ROWS = 200;
export const WINDOW_MS = 60_000;

/** Figures that are estimated. */
const ESTIMATES = ["accuracy", "f1", "auc"] as const;
/** One of them. */
export type EstimateName = (typeof ESTIMATES)[number];

/** What a figure would be if the scores were as right as they were in the reference. */
export type EstimatedFigure = {
  readonly name: EstimateName;
  readonly value: number;
  readonly usual: EstimateLimits;
};

/** What a window's scores alone say, and between what limits that is usual. */
export type Estimate = {
  readonly toMs: number;
  readonly figures: Estimated;
  readonly limits: EstimateReference["limits"];
};

/** All that is kept for a variant's estimates: plain JSON, bounded. */
export type EstimateWatch = {
  /** What is collected until it is enough: a score, and 1 where the positive class was predicted, 2 where it was true, 3 for both. */
  scores: number[];
  outcomes: number[];
  reference: EstimateReference | undefined;
  /** The window under way, and when it began, Unix time. */
  expected: Expected;
  beganMs: number;
  last: Estimate | undefined;
};

/** Of both variants. */
export type EstimateWatches = Readonly<Record<Variant, EstimateWatch>>;

/** Nothing is known of either variant. */
export function startEstimates(nowMs: number): EstimateWatches {
  return { primary: startOne(nowMs), candidate: startOne(nowMs) };
}

/** Collects what a variant is calibrated on; the first `CALIBRATED_ON` make its reference. Predictions of numbers have no chances. */
export function calibrate(
  watches: EstimateWatches,
  rules: LabelRules,
  { cases, nowMs }: { readonly cases: readonly MaturedCase[]; readonly nowMs: number },
): void {
  for (const { label, predictions } of rules.within === undefined ? cases : []) {
    for (const variant of ["primary", "candidate"] as const) {
      const { label: predicted, score } = predictions[variant] ?? {};
      if (predicted !== undefined && score !== undefined) {
        collect(watches[variant], rules, { label, predicted, score, nowMs });
      }
    }
  }
}

/** Counts predictions by their scores, whether or not labels will come; returns whether any counted. */
export function estimate(
  watches: EstimateWatches,
  { positive }: Pick<LabelRules, "positive">,
  predictions: readonly Prediction[],
): boolean {
  let isCounted = false;
  for (const { variant, label, score } of predictions) {
    const { reference, expected } = watches[variant];
    if (reference !== undefined && score !== undefined) {
      const isPositive = String(label) === positive;
      isCounted = addExpected(expected, reference, { score, positive: isPositive }) || isCounted;
    }
  }
  return isCounted;
}

/** Ends a variant's window that is due; undefined while it is not. */
export function closeEstimates(watch: EstimateWatch, nowMs: number): Estimate | undefined {
  const { reference, expected, beganMs } = watch;
  const isDue = expected.n >= WINDOW_ROWS && nowMs - beganMs >= WINDOW_MS;
  const figures = isDue ? estimatedOf(expected) : undefined;
  if (figures === undefined || reference === undefined) {
    return undefined;
  }
  watch.last = { toMs: nowMs, figures, limits: reference.limits };
  watch.expected = noExpected();
  watch.beganMs = nowMs;
  return watch.last;
}

/** What is unusual about estimates: a finding for each figure outside its limits. */
export function findUnusual(found: Estimate, version: string): Look {
  const nameOf = (name: EstimateName) => `estimated ${name} of ${version}`;
  const names = ESTIMATES.map(nameOf);
  const findings = estimatesOf(found)
    .filter(({ value, usual }) => isUnusual(value, usual))
    .map((figure) => ({
      name: nameOf(figure.name),
      reason: sentence(nameOf(figure.name), figure),
    }));
  return { isAbout: (name) => names.includes(name), findings };
}

/** The figures that can be told from a window's scores, each with where it usually is. */
export function estimatesOf({ figures, limits }: Estimate): readonly EstimatedFigure[] {
  return ESTIMATES.flatMap((name) => {
    const [value, usual] = [estimateAt(figures, name), limits[name]];
    return value === undefined || usual === undefined ? [] : [{ name, value, usual }];
  });
}

function estimateAt(figures: Estimated, name: EstimateName): number | undefined {
  return name === "auc" ? figures.auc?.value : figures[name];
}

function startOne(nowMs: number): EstimateWatch {
  return {
    scores: [],
    outcomes: [],
    reference: undefined,
    expected: noExpected(),
    beganMs: nowMs,
    last: undefined,
  };
}

function collect(
  watch: EstimateWatch,
  rules: LabelRules,
  seen: {
    readonly label: LabelValue | undefined;
    readonly predicted: LabelValue;
    readonly score: number;
    readonly nowMs: number;
  },
): void {
  const truth = truthOf(seen, rules);
  if (watch.reference !== undefined || truth === undefined) {
    return;
  }
  watch.scores.push(seen.score);
  watch.outcomes.push(
    Number(String(seen.predicted) === rules.positive) + 2 * Number(truth === rules.positive),
  );
  if (watch.scores.length >= CALIBRATED_ON) {
    watch.reference = referenceOf(collected(watch));
    watch.scores = [];
    watch.outcomes = [];
    watch.beganMs = seen.nowMs;
  }
}

/** A figure that is not told right of the very predictions that its limits are from is not to be had from these scores. */
function referenceOf(predictions: readonly ReferencePrediction[]): EstimateReference {
  const reference = estimateReference(predictions, WINDOW_ROWS);
  const expected = noExpected();
  for (const { score, predicted } of predictions) {
    addExpected(expected, reference, { score, positive: predicted });
  }
  const figures = estimatedOf(expected);
  const limitsOf = (name: EstimateName): EstimateLimits | undefined => {
    const [value, limits] = [figures && estimateAt(figures, name), reference.limits[name]];
    return value !== undefined && limits !== undefined && !isUnusual(value, limits)
      ? limits
      : undefined;
  };
  const limits = { accuracy: limitsOf("accuracy"), f1: limitsOf("f1"), auc: limitsOf("auc") };
  return { ...reference, limits };
}

function collected({ scores, outcomes }: EstimateWatch): readonly ReferencePrediction[] {
  return scores.map((score, place) => {
    const outcome = outcomes[place] ?? 0;
    return { score, predicted: outcome % 2 === 1, positive: outcome >= 2 };
  });
}

function sentence(what: string, { value, usual }: EstimatedFigure): string {
  const side = value < usual.from ? "below" : "above";
  const [at, from, to] = [value, usual.from, usual.to].map((each) => each.toPrecision(3));
  return `${what}, from scores without labels, is ${at}: ${side} the usual ${from} to ${to}`;
}
