import type { FeatureCounts } from "./binning.ts";
import { binOf, type Edges } from "./edges.ts";
import { totalsOf } from "./totals.ts";

/** Counts many numbers, NaN for none: the same as `addValue` of each, in less time. */
export function countNumbers(counts: FeatureCounts, edges: Edges, numbers: Float64Array): void {
  const { bins } = counts;
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? Number.NaN;
    if (!Number.isNaN(number)) {
      const bin = binOf(edges, number);
      bins[bin] = (bins[bin] ?? 0) + 1;
    }
  }
  const { n, finite, sum, min, max } = totalsOf(numbers, {
    sum: counts.sum,
    min: counts.min ?? Number.POSITIVE_INFINITY,
    max: counts.max ?? Number.NEGATIVE_INFINITY,
  });
  counts.n += n;
  counts.missing += numbers.length - n;
  if (finite > 0) {
    Object.assign(counts, { sum, min, max });
  }
  if (n > finite) {
    counts.problems.infinite = (counts.problems.infinite ?? 0) + n - finite;
  }
}
