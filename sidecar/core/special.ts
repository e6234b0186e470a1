/** exp(-40) is lost in a sum beside 1. */
const LOST_FROM = 40;

/** ln of the sum of exp(x) over the values, without overflow; -Infinity for none. */
export function logSumExp(values: readonly number[]): number {
  let largest = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    largest = Math.max(largest, value);
  }
  if (largest === Number.NEGATIVE_INFINITY) {
    return largest;
  }
  let sum = 0;
  for (const value of values) {
    sum += value < largest - LOST_FROM ? 0 : Math.exp(value - largest);
  }
  return largest + Math.log(sum);
}

/** ln of the mean of exp(x) over the values, without overflow; at least one value. */
export function logMeanExp(values: readonly number[]): number {
  return logSumExp(values) - Math.log(values.length);
}

/** `count` numbers (at least 2) from `from` to `to`, both above 0, each the same multiple of the one before. */
export function logSpaced(range: { from: number; to: number; count: number }): readonly number[] {
  const step = Math.log(range.to / range.from) / (range.count - 1);
  return Array.from({ length: range.count }, (_, index) => range.from * Math.exp(step * index));
}
