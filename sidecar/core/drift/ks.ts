import { kolmogorovFiniteTail } from "../kolmogorov.ts";
import { walkDistributions } from "./empirical.ts";
import { sharePairs } from "./shares.ts";

/** exp of minus twice this is below the smallest number. */
const UNDERFLOW = 380;

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
 * is at least d away from the diagonal (Hodges, Arkiv för Matematik 3, 1958). No difference of chances, so precise in the far tail, and 0 where it
 * is below the smallest number. Looks at the points near the diagonal only: about 2 d n m of them.
 */
export function ksExactPValue(d: number, { reference, current }: SampleSizes): number {
  if ((d * d * reference * current) / (reference + current) > UNDERFLOW) {
    return 0;
  }
  const divisor = greatestDivisor(reference, current);
  const [right, up] = [current / divisor, reference / divisor];
  const least = Math.round(d * reference * right);
  // Of the paths to the j-th point of the column at hand, the share that has been outside: 1 for the points outside.
  const outside = new Float64Array(current + 1).fill(1);
  let from = 0;
  for (let i = 0; i <= reference; i += 1) {
    const first = Math.max(0, Math.floor((i * right - least) / up) + 1);
    const end = Math.min(current + 1, Math.ceil((i * right + least) / up));
    outside.fill(1, from, first);
    from = first;
    for (let j = first; j < end; j += 1) {
      outside[j] = meanOfBefore(outside, i, j);
    }
  }
  return outside[current] ?? 1;
}

/** The share for (i, j): of the paths there i / (i + j) come from the left, whose entry is not yet overwritten. */
function meanOfBefore(outside: Float64Array, i: number, j: number): number {
  const [left, below] = [i === 0 ? 0 : (outside[j] ?? 0), j === 0 ? 0 : (outside[j - 1] ?? 0)];
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
