import { type Isotonic, isotonicAt } from "./isotonic.ts";
import { averagePrecision } from "./ranking.ts";
import {
  addToBin,
  areaOfBins,
  type Bounded,
  binOf,
  mergeBins,
  type ScoreBins,
} from "./scoreBins.ts";

/**
 * What a model would be like if its chances were right: figures from stated chances alone, without labels (confidence-based performance
 * estimation, CBPE, of NannyML). Never a measurement: it cannot see that what the inputs *mean* has changed (concept drift).
 */
export type Estimated = {
  readonly kind: "estimated";
  readonly n: number;
  readonly accuracy: number;
  /** 0 where nothing could be divided by. */
  readonly precision: number;
  readonly recall: number;
  readonly specificity: number;
  readonly f1: number;
  /** Undefined where all chances are 0, or all are 1. */
  readonly auc: Bounded | undefined;
};

/** Expected numbers of outcomes of one variant, two classes, mergeable by addition. */
export type Expected = {
  n: number;
  tp: number;
  fp: number;
  fn: number;
  tn: number;
  bins: ScoreBins;
};

/** How scores become chances, and where they are counted; from labelled predictions of the reference. */
export type CbpeReference = {
  /** Undefined where the scores are calibrated well as they are. */
  readonly calibrator: Isotonic | undefined;
  readonly edges: readonly number[];
};

/** Nothing expected. */
export function noExpected(): Expected {
  return { n: 0, tp: 0, fp: 0, fn: 0, tn: 0, bins: {} };
}

/** Counts a prediction without its label; false, and nothing done, when its score can't be made a chance. */
export function addExpected(
  expected: Expected,
  reference: CbpeReference,
  { score, positive }: { readonly score: number; readonly positive: boolean },
): boolean {
  const chance = chanceOf(reference, score);
  if (!(chance >= 0 && chance <= 1)) {
    return false;
  }
  expected.n += 1;
  expected.tp += positive ? chance : 0;
  expected.fp += positive ? 1 - chance : 0;
  expected.fn += positive ? 0 : chance;
  expected.tn += positive ? 0 : 1 - chance;
  addToBin(expected.bins, binOf(reference.edges, score), {
    positive: chance,
    negative: 1 - chance,
  });
  return true;
}

/** The chance of the positive class that a score stands for. */
export function chanceOf({ calibrator }: CbpeReference, score: number): number {
  return calibrator === undefined ? score : isotonicAt(calibrator, score);
}

/** Sums two on the same edges. */
export function mergeExpected(a: Expected, b: Expected): Expected {
  return {
    n: a.n + b.n,
    tp: a.tp + b.tp,
    fp: a.fp + b.fp,
    fn: a.fn + b.fn,
    tn: a.tn + b.tn,
    bins: mergeBins(a.bins, b.bins),
  };
}

/** The estimated figures; undefined without a prediction. */
export function estimatedOf({ n, tp, fp, fn, tn, bins }: Expected): Estimated | undefined {
  if (n === 0) {
    return undefined;
  }
  return {
    kind: "estimated",
    n,
    accuracy: (tp + tn) / n,
    precision: over(tp, tp + fp),
    recall: over(tp, tp + fn),
    specificity: over(tn, tn + fp),
    f1: over(tp, tp + (fp + fn) / 2),
    auc: areaOfBins(bins),
  };
}

/** The estimated average precision, from the scores and chances themselves, each prediction on its own also where scores are equal. */
export function estimatedAveragePrecision(
  predictions: readonly { readonly score: number; readonly chance: number }[],
): number | undefined {
  const sorted = predictions.toSorted((a, b) => b.score - a.score);
  return averagePrecision(
    sorted.map(({ chance }, place) => ({
      score: -place,
      positive: chance,
      negative: 1 - chance,
    })),
  );
}

/** Where a figure of a window lies while nothing has changed: mean of the reference's chunks, and three of their standard deviations. */
export type EstimateLimits = {
  readonly mean: number;
  readonly from: number;
  readonly to: number;
};

/** The limits from one figure of each chunk of the reference; undefined below two chunks. The deviation divides by n, as NannyML's. */
export function estimateLimits(chunks: readonly number[]): EstimateLimits | undefined {
  const n = chunks.length;
  if (n < 2) {
    return undefined;
  }
  const mean = chunks.reduce((sum, value) => sum + value, 0) / n;
  const squares = chunks.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const reach = 3 * Math.sqrt(squares / n);
  return { mean, from: mean - reach, to: mean + reach };
}

/** Whether an estimate is out of the limits; a reason to look, never one to roll back. */
export function isUnusual(estimate: number, { from, to }: EstimateLimits): boolean {
  return !(estimate >= from && estimate <= to);
}

function over(part: number, whole: number): number {
  return whole === 0 ? 0 : part / whole;
}
