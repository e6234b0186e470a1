/**
 * Walks along the values of two ascending samples, at least one value each: calls `visit` with F - G, the difference of their empirical
 * distribution functions, and the width over which it holds; for each distinct value, the last one with a width of 0.
 */
export function walkDistributions(
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  visit: (difference: number, width: number) => void,
): void {
  let [i, j] = [0, 0];
  let at = Math.min(valueAt(a, 0), valueAt(b, 0));
  while (at < Number.POSITIVE_INFINITY) {
    i = pastTies(a, i, at);
    j = pastTies(b, j, at);
    const next = Math.min(valueAt(a, i), valueAt(b, j));
    visit(i / a.length - j / b.length, next < Number.POSITIVE_INFINITY ? next - at : 0);
    at = next;
  }
}

function valueAt(sample: ArrayLike<number>, index: number): number {
  return sample[index] ?? Number.POSITIVE_INFINITY;
}

function pastTies(sample: ArrayLike<number>, index: number, value: number): number {
  let past = index;
  while (sample[past] === value) {
    past += 1;
  }
  return past;
}
