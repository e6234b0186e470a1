import { kolmogorovFiniteTail } from "../kolmogorov.ts";
import { walkDistributions } from "./empirical.ts";
import { sharePairs } from "./shares.ts";

/** How many values either sample has. */
export type SampleSizes = { readonly reference: number; readonly current: number };

/** The largest distance of the empirical distribution functions of two ascending samples, at least one value each; in [0, 1], symmetric. Ties are exact. */
export function ksStatistic(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  let largest = 0;
  walkDistributions(reference, current, (difference) => {
    largest = Math.max(largest, Math.abs(difference));
  });
  return largest;
}

/**
 * Chance of a distance of at least d between two samples of one continuous distribution, by that of one sample of n m / (n + m) values, rounded
 * (to even), from its distribution: scipy's `ks_2samp(method="asymp")`. With ties the chance is smaller yet. 1 where the samples are too small for it.
 */
export function ksPValue(d: number, { reference, current }: SampleSizes): number {
  const n = roundToEven((reference * current) / (reference + current));
  return n < 1 ? 1 : kolmogorovFiniteTail(d, n);
}

/**
 * The same chance exactly, by counting lattice paths: of all paths from (0, 0) to (n, m) with steps to the right and up, the share that somewhere
 * is at least d away from the diagonal (Hodges, Arkiv för Matematik 3, 1958). No difference of chances, so precise in the far tail. O(n m).
 */
export function ksExactPValue(d: number, { reference, current }: SampleSizes): number {
  const divisor = greatestDivisor(reference, current);
  const [right, up] = [current / divisor, reference / divisor];
  const least = Math.round(d * reference * right);
  const reached = new Float64Array(current + 1);
  for (let i = 0; i <= reference; i += 1) {
    for (let j = 0; j <= current; j += 1) {
      const away = Math.abs(i * right - j * up) >= least;
      reached[j] = away ? 1 : meanOfBefore(reached, i, j);
    }
  }
  return reached[current] ?? 1;
}

/** The share of paths to (i, j) that reached so far: of them i / (i + j) come from the left, whose entry is not yet overwritten. */
function meanOfBefore(reached: Float64Array, i: number, j: number): number {
  const [left, below] = [i === 0 ? 0 : (reached[j] ?? 0), j === 0 ? 0 : (reached[j - 1] ?? 0)];
  return (i * left + j * below) / Math.max(1, i + j);
}

/**
 * The largest distance at the edges of bins that both samples were counted in, by ascending bins; the distance itself is at least `statistic`
 * and at most `statistic + bound`, the largest share of any bin.
 */
export function ksFromCounts(
  reference: readonly number[],
  current: readonly number[],
): { readonly statistic: number; readonly bound: number } {
  let [difference, statistic, bound] = [0, 0, 0];
  for (const [p, q] of sharePairs(reference, current)) {
    difference += p - q;
    statistic = Math.max(statistic, Math.abs(difference));
    bound = Math.max(bound, p, q);
  }
  return { statistic, bound };
}

function greatestDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestDivisor(b, a % b);
}

function roundToEven(value: number): number {
  const below = Math.floor(value);
  const half = value - below === 0.5;
  return half ? below + (below % 2) : Math.round(value);
}
