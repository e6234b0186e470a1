/** The sum of numbers; 0 of none. */
export function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) {
    total += value;
  }
  return total;
}

/** Each count's share of all; NaN when all are 0. */
export function sharesOf(counts: readonly number[]): readonly number[] {
  const total = sum(counts);
  return counts.map((count) => count / total);
}

/** Both shares of each bin, of counts over the same bins. */
export function sharePairs(
  reference: readonly number[],
  current: readonly number[],
): readonly (readonly [number, number])[] {
  const q = sharesOf(current);
  return sharesOf(reference).map((share, bin) => [share, q[bin] ?? 0]);
}
