import { sharePairs } from "./shares.ts";

/** The largest difference of any bin's shares, in [0, 1], of two counts over the same bins; a metric. NaN when either is empty. */
export function lInfinity(reference: readonly number[], current: readonly number[]): number {
  return Math.max(0, ...sharePairs(reference, current).map(([p, q]) => Math.abs(p - q)));
}
