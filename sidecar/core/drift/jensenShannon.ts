import { sharePairs, sum } from "./shares.ts";

/** Natural logarithms bound the distance by 0.8326, binary ones by 1. */
export type LogBase = "natural" | "binary";

/**
 * Jensen-Shannon distance of two counts over the same bins: the root of the mean divergence (Kullback and Leibler) of both from their
 * midpoint. A metric (Endres and Schindelin, IEEE Transactions on Information Theory 49, 2003). NaN when either is empty.
 */
export function jensenShannon(
  reference: readonly number[],
  current: readonly number[],
  base: LogBase = "binary",
): number {
  const divergence = sum(
    sharePairs(reference, current).map(([p, q]) => {
      const middle = (p + q) / 2;
      return (relative(p, middle) + relative(q, middle)) / 2;
    }),
  );
  return Math.sqrt(Math.max(0, divergence) / (base === "binary" ? Math.LN2 : 1));
}

function relative(share: number, middle: number): number {
  return share === 0 ? 0 : share * Math.log(share / middle);
}
