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
export const ESTIMATES = ["accuracy", "f1", "auc"] as const;
/** One of them. */
export type EstimateName = (typeof ESTIMATES)[number];

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
export function findUnusual({ figures, limits }: Estimate, version: string): Look {
  const names = ESTIMATES.map((figure) => `estimated ${figure} of ${version}`);
  const findings = ESTIMATES.flatMap((figure, place) => {
    const [value, usual] = [estimateAt(figures, figure), limits[figure]];
    return value === undefined || usual === undefined || !isUnusual(value, usual)
      ? []
      : [{ name: names[place] ?? "", reason: sentence(`${names[place]}`, { value, usual }) }];
  });
  return { isAbout: (name) => names.includes(name), findings };
}

/** A figure of an estimate; undefined where there is none. */
export function estimateAt(figures: Estimated, name: EstimateName): number | undefined {
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
    watch.reference = estimateReference(collected(watch), WINDOW_ROWS);
    watch.scores = [];
    watch.outcomes = [];
    watch.beganMs = seen.nowMs;
  }
}

function collected({ scores, outcomes }: EstimateWatch): readonly ReferencePrediction[] {
  return scores.map((score, place) => {
    const outcome = outcomes[place] ?? 0;
    return { score, predicted: outcome % 2 === 1, positive: outcome >= 2 };
  });
}

function sentence(
  what: string,
  { value, usual }: { readonly value: number; readonly usual: EstimateLimits },
): string {
  const side = value < usual.from ? "below" : "above";
  const [at, from, to] = [value, usual.from, usual.to].map((each) => each.toPrecision(3));
  return `${what}, from scores without labels, is ${at}: ${side} the usual ${from} to ${to}`;
}
