import { startFeature } from "./binning.ts";
import type { CategoricalSample, NumericSample } from "./columnSample.ts";
import { countNumbers } from "./countNumbers.ts";
import { edgesOf } from "./edges.ts";
import {
  CATEGORIES_MAX,
  type CategoricalProfile,
  type NumericProfile,
  quantileEdges,
} from "./profile.ts";
import { sortNumbers } from "./sortNumbers.ts";

type Numbers = Pick<
  NumericProfile,
  "sampledMissing" | "mean" | "std" | "min" | "max" | "edges" | "deciles" | "counts"
>;
type Categories = Pick<CategoricalProfile, "sampledMissing" | "categories" | "other">;

/**
 * What a profile says of a numeric feature. `values` are those of the sampled rows. Where the sample is all rows, mean and deviation are
 * computed from the ascending values, so that the order of rows is no part of them.
 */
export function numericOf(
  sample: NumericSample,
  values: Float64Array,
  sampled: "all" | "some",
): Numbers {
  const sorted = ascending(values);
  const { edges, deciles } = quantileEdges(sorted);
  const counts = startFeature(edges.length + 1);
  countNumbers(counts, edgesOf(edges), values);
  const { mean, squares } = sampled === "all" ? momentsOf(sorted) : sample;
  const hasAny = sample.finite > 0;
  return {
    sampledMissing: counts.missing,
    mean: hasAny ? mean : 0,
    std: hasAny ? Math.sqrt(squares / sample.finite) : 0,
    min: hasAny ? sample.min : 0,
    max: hasAny ? sample.max : 0,
    edges,
    deciles,
    counts: counts.bins,
  };
}

/** What a profile says of a feature with names for values. `values` are those of the sampled rows. */
export function categoricalOf({ names }: CategoricalSample, codes: Int32Array): Categories {
  const counts = new Map<number, number>();
  for (const code of codes) {
    counts.set(code, (counts.get(code) ?? 0) + 1);
  }
  const found = [...counts]
    .filter(([code]) => code > 0)
    .map(([code, count]) => ({ value: names[code] ?? "", count }))
    .sort((a, b) => b.count - a.count || (a.value < b.value ? -1 : 1));
  const listed = found.slice(0, CATEGORIES_MAX);
  const other = found.slice(CATEGORIES_MAX).reduce((sum, { count }) => sum + count, 0);
  return {
    sampledMissing: counts.get(-1) ?? 0,
    categories: listed,
    other: other + (counts.get(0) ?? 0),
  };
}

/** The finite ones. */
function ascending(values: Float64Array): Float64Array {
  const sorted = new Float64Array(values.length);
  let finite = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    if (Number.isFinite(value)) {
      sorted[finite] = value;
      finite += 1;
    }
  }
  return sortNumbers(sorted.subarray(0, finite));
}

function momentsOf(sorted: Float64Array): { readonly mean: number; readonly squares: number } {
  let mean = 0;
  for (const value of sorted) {
    mean += value / sorted.length;
  }
  let squares = 0;
  for (const value of sorted) {
    squares += (value - mean) ** 2;
  }
  return { mean, squares };
}
