import { normalQuantile } from "../normal.ts";
import { type Binning, binningOf, MISSING } from "./binning.ts";
import { binOf } from "./edges.ts";
import { DIMENSIONS_MAX } from "./kernelMean.ts";
import type { FeatureProfile } from "./profile.ts";
import { categoryOf, numberOf } from "./value.ts";

/** A row as detectors on all features together see it: by feature the bin of its value, or MISSING. No value can be told from it exactly. */
export type RowCodes = readonly number[];

/** Categories of a feature that have a dimension each; others share them. */
const SLOTS_MAX = 32;
/** Categories that are told apart where two features are looked at together; all others are one. */
const COARSE_CATEGORIES = 8;

/** How the codes of one feature are read: all lists are by bin. */
export type FeatureCoding = {
  readonly binning: Binning;
  /** Of a numeric feature: the normal quantile of the middle of the bin's ranks in the reference. Empty for categories. */
  readonly scores: readonly number[];
  /** Groups of bins: tenths of the reference's mass, or categories. */
  readonly fine: readonly number[];
  /** The same in thirds, or few categories. */
  readonly coarse: readonly number[];
  /** The first of the feature's dimensions, and how many it has: the score and "missing", or one for each category. */
  readonly from: number;
  readonly dimensions: number;
};

/**
 * The codings of as many features, in their order, as `DIMENSIONS_MAX` dimensions hold; the others are left out, and so are the numbers of texts,
 * which come last.
 */
export function codingsOf(features: readonly FeatureProfile[]): readonly FeatureCoding[] {
  const codings: FeatureCoding[] = [];
  let from = 0;
  for (const feature of features) {
    const coding = codingOf(feature, from);
    from += coding.dimensions;
    if (from > DIMENSIONS_MAX || feature.text !== undefined) {
      break;
    }
    codings.push(coding);
  }
  return codings;
}

/** The point that a row is for a kernel: normal scores of numbers, one for the category; a missing number is the middle, and said so. */
export function pointOf(codings: readonly FeatureCoding[], codes: RowCodes): Float64Array {
  const last = codings.at(-1);
  const point = new Float64Array(last === undefined ? 0 : last.from + last.dimensions);
  for (const [index, { scores, from, dimensions }] of codings.entries()) {
    const code = codes[index] ?? MISSING;
    if (scores.length === 0) {
      point[from + ((code + 1) % dimensions)] = 1;
    } else if (code === MISSING) {
      point[from + 1] = 1;
    } else {
      point[from] = scores[code] ?? 0;
    }
  }
  return point;
}

function codingOf(feature: FeatureProfile, from: number): FeatureCoding {
  const binning = binningOf(feature);
  if (feature.type === "categorical") {
    const bins = Array.from({ length: binning.bins }, (_, bin) => bin);
    return {
      binning,
      scores: [],
      fine: bins,
      coarse: bins.map((bin) => Math.min(bin, COARSE_CATEGORIES - 1)),
      from,
      dimensions: Math.min(binning.bins + 1, SLOTS_MAX),
    };
  }
  const ranks = middleRanks(feature.counts);
  return {
    binning,
    scores: ranks.map(normalQuantile),
    fine: ranks.map((rank) => Math.floor(rank * 10)),
    coarse: ranks.map((rank) => Math.floor(rank * 3)),
    from,
    dimensions: 2,
  };
}

/** Where in the reference's ranks, in (0, 1), the middle of each bin lies. */
export function middleRanks(counts: readonly number[]): readonly number[] {
  const total = counts.reduce((sum, count) => sum + count, 0) + counts.length;
  let below = 0;
  return counts.map((count) => {
    // One more in each bin keeps an empty outermost bin away from 0 and 1.
    const middle = below + (count + 1) / 2;
    below += count + 1;
    return middle / total;
  });
}

/** The code of one value: its bin on the binning, or MISSING. */
export function codeOf({ type, edges, categories, bins }: Binning, value: unknown): number {
  if (type === "numeric") {
    const number = numberOf(value, ignore);
    return Number.isNaN(number) ? MISSING : binOf(edges, number);
  }
  const category = categoryOf(value, ignore);
  return category === null ? MISSING : (categories.get(category) ?? bins - 1);
}

function ignore(): void {
  // Counted by the windows of each feature.
}
