import { squaredDistance } from "../../sidecar/core/drift/kernelMean.ts";

/**
 * The squared maximum mean discrepancy of two sets of two points or more each, without bias, for the kernel exp(-gamma |x - y|^2)
 * (Gretton and others, JMLR 13, 2012). The time grows with the square of the points; for small samples. May be a little below 0.
 */
export function exactMmdSquared(
  reference: readonly ArrayLike<number>[],
  current: readonly ArrayLike<number>[],
  gamma: number,
): number {
  return (
    meanWithin(reference, gamma) +
    meanWithin(current, gamma) -
    2 * meanBetween(reference, current, gamma)
  );
}

/** The kernel's mean over pairs of different points. */
function meanWithin(points: readonly ArrayLike<number>[], gamma: number): number {
  const n = points.length;
  return (meanBetween(points, points, gamma) * n - 1) / (n - 1);
}

function meanBetween(
  a: readonly ArrayLike<number>[],
  b: readonly ArrayLike<number>[],
  gamma: number,
): number {
  let sum = 0;
  for (const one of a) {
    for (const other of b) {
      sum += Math.exp(-gamma * squaredDistance(one, other));
    }
  }
  return sum / (a.length * b.length);
}
