import { walkDistributions } from "./empirical.ts";
import { sharePairs } from "./shares.ts";

/**
 * Wasserstein-1 (earth mover's) distance of two ascending samples, at least one value each: the area between their empirical distribution
 * functions, in the values' own unit. A metric.
 */
export function wasserstein(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let area = 0;
  walkDistributions(reference, current, (difference, width) => {
    area += Math.abs(difference) * width;
  });
  return area;
}

/** Counts over bins with these inner edges, and the range of all values of both, which ends the open bins. */
export type Histograms = {
  readonly edges: readonly number[];
  readonly min: number;
  readonly max: number;
  readonly reference: readonly number[];
  readonly current: readonly number[];
};

/**
 * The distance from counts, as if values were spread evenly inside their bin, and by how much it can be off: wherever in their bins the values
 * lie, neither distribution function leaves the chord of a bin by more than the bin's share, so `bound` is the sum of width times larger share.
 */
export function wassersteinFromCounts({ edges, min, max, reference, current }: Histograms): {
  readonly distance: number;
  readonly bound: number;
} {
  let [difference, distance, bound, from] = [0, 0, 0, min];
  for (const [bin, [p, q]] of sharePairs(reference, current).entries()) {
    const to = Math.min(max, Math.max(from, edges[bin] ?? max));
    const next = difference + p - q;
    distance += (to - from) * meanAbsolute(difference, next);
    bound += (to - from) * Math.max(p, q);
    [difference, from] = [next, to];
  }
  return { distance, bound };
}

/** The mean of |x| while x goes evenly from one value to another. */
function meanAbsolute(from: number, to: number): number {
  const sameSign = from * to >= 0;
  return sameSign
    ? Math.abs(from + to) / 2
    : (from * from + to * to) / (2 * (Math.abs(from) + Math.abs(to)));
}
