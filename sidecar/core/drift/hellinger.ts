import { sharePairs, sum } from "./shares.ts";

/** Hellinger distance of two counts over the same bins: the root of half the sum of (sqrt p - sqrt q)^2, in [0, 1]; a metric. NaN when either is empty. */
export function hellinger(reference: readonly number[], current: readonly number[]): number {
  return Math.sqrt(
    sum(sharePairs(reference, current).map(([p, q]) => (Math.sqrt(p) - Math.sqrt(q)) ** 2)) / 2,
  );
}
