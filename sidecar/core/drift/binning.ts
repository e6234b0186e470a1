import { binOf, type Edges, edgesOf } from "./edges.ts";
import type { FeatureProfile } from "./profile.ts";
import { categoryOf, numberOf, type Problem } from "./value.ts";

/** Finds the bins of values: a feature's profile made ready for counting. */
export type Binning = {
  readonly name: string;
  readonly type: FeatureProfile["type"];
  readonly bins: number;
  /** Of a numeric feature. */
  readonly edges: Edges;
  /** Bins by category, of a categorical feature. */
  readonly categories: ReadonlyMap<string, number>;
};

/**
 * One feature of a window, on the bins of its reference: integers but for `sum`, so exact, and mergeable by addition.
 * - numeric: `bins[i]` counts (edges[i-1], edges[i]]. A number written as text and a boolean (0 or 1) count as the number, an infinity in
 *   its outermost bin, though not in `sum`, `min` and `max`; other text and what is no single value are missing; all told in `problems`.
 * - categorical: `bins[i]` counts the reference's category i, the last one every other value. Numbers and booleans count by their text.
 * - null, undefined, the empty text, NaN, and for a number what `parseNumber` takes for none are missing.
 */
export type FeatureCounts = {
  /** Usable values: the sum of `bins`. */
  n: number;
  missing: number;
  bins: number[];
  /** Of the finite values of a numeric feature; the least and the greatest are null without any. */
  sum: number;
  min: number | null;
  max: number | null;
  /** How many values of each kind; kinds without any are left out. */
  problems: Partial<Record<Problem, number>>;
};

/** The bin of a value that is missing. */
export const MISSING = -1;

/** Made once per feature of a profile, used for every value. */
export function binningOf(feature: FeatureProfile): Binning {
  const { name, type } = feature;
  const edges = edgesOf(type === "numeric" ? feature.edges : []);
  const values = type === "categorical" ? feature.categories : [];
  return {
    name,
    type,
    edges,
    categories: new Map(values.map(({ value }, index) => [value, index])),
    bins: 1 + (type === "numeric" ? edges.values.length : values.length),
  };
}

/** A feature without values. */
export function startFeature(bins: number): FeatureCounts {
  return {
    n: 0,
    missing: 0,
    bins: new Array<number>(bins).fill(0),
    sum: 0,
    min: null,
    max: null,
    problems: {},
  };
}

/** Counts one value of a feature, whatever it is, and returns its bin, or `MISSING`. */
export function addValue(counts: FeatureCounts, binning: Binning, value: unknown): number {
  return binning.type === "numeric"
    ? addNumber(counts, binning, value)
    : addCategory(counts, binning, value);
}

/** The counts of both. Commutative, associative but for rounding in `sum`; a feature without values changes nothing. */
export function mergeFeature(a: FeatureCounts, b: FeatureCounts): FeatureCounts {
  return {
    n: a.n + b.n,
    missing: a.missing + b.missing,
    bins: a.bins.map((count, index) => count + (b.bins[index] ?? 0)),
    sum: a.sum + b.sum,
    min: a.min === null || b.min === null ? (a.min ?? b.min) : Math.min(a.min, b.min),
    max: a.max === null || b.max === null ? (a.max ?? b.max) : Math.max(a.max, b.max),
    problems: addTallies(a.problems, b.problems),
  };
}

function addNumber(counts: FeatureCounts, { edges }: Binning, value: unknown): number {
  const number =
    typeof value === "number" ? value : numberOf(value, (problem) => note(counts, problem));
  if (Number.isNaN(number)) {
    counts.missing += 1;
    return MISSING;
  }
  const bin = addTo(counts, binOf(edges, number));
  if (!Number.isFinite(number)) {
    note(counts, "infinite");
    return bin;
  }
  counts.sum += number;
  if (counts.min === null || number < counts.min) {
    counts.min = number;
  }
  if (counts.max === null || number > counts.max) {
    counts.max = number;
  }
  return bin;
}

function addCategory(counts: FeatureCounts, { categories, bins }: Binning, value: unknown): number {
  const category =
    typeof value === "string" && categories.has(value)
      ? value
      : categoryOf(value, (problem) => note(counts, problem));
  if (category === null) {
    counts.missing += 1;
    return MISSING;
  }
  return addTo(counts, categories.get(category) ?? bins - 1);
}

/** Sums two tallies, key by key. */
function addTallies(
  a: Readonly<Record<string, number>>,
  b: Readonly<Record<string, number>>,
): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [key, count] of Object.entries(b)) {
    sum[key] = (Object.hasOwn(sum, key) ? (sum[key] ?? 0) : 0) + count;
  }
  return sum;
}

function addTo(counts: FeatureCounts, bin: number): number {
  counts.bins[bin] = (counts.bins[bin] ?? 0) + 1;
  counts.n += 1;
  return bin;
}

function note(counts: FeatureCounts, problem: Problem): void {
  counts.problems[problem] = (counts.problems[problem] ?? 0) + 1;
}
