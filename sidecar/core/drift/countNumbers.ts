import type { FeatureCounts } from "./binning.ts";
import { binOf, type Edges } from "./edges.ts";

/** Counts many numbers, NaN for none: the same as `addValue` of each, in less time. */
export function countNumbers(counts: FeatureCounts, edges: Edges, numbers: Float64Array): void {
  const { bins } = counts;
  let n = 0;
  for (const number of numbers) {
    if (!Number.isNaN(number)) {
      const bin = binOf(edges, number);
      bins[bin] = (bins[bin] ?? 0) + 1;
      n += 1;
    }
  }
  counts.n += n;
  counts.missing += numbers.length - n;
  const infinite = n - addFinite(counts, numbers);
  if (infinite > 0) {
    counts.problems.infinite = (counts.problems.infinite ?? 0) + infinite;
  }
}

/** Adds the finite numbers to sum and range, and returns how many there are. */
function addFinite(counts: FeatureCounts, numbers: Float64Array): number {
  let [finite, sum] = [0, counts.sum];
  let min = counts.min ?? Number.POSITIVE_INFINITY;
  let max = counts.max ?? Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (Number.isFinite(number)) {
      finite += 1;
      sum += number;
      min = number < min ? number : min;
      max = number > max ? number : max;
    }
  }
  if (finite > 0) {
    Object.assign(counts, { sum, min, max });
  }
  return finite;
}
