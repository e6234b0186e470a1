/** What one pass over numbers tells of all of them. */
export type Totals = {
  /** Numbers, infinities among them; those that are finite; and of these the sum, added in their order to what it was before. */
  readonly n: number;
  readonly finite: number;
  readonly sum: number;
  /** Of the finite ones and what they were before. */
  readonly min: number;
  readonly max: number;
};

/** Joins numbers, NaN for none, to what was known of those before: sum, least and greatest; an infinite least is greater than all. */
export function totalsOf(
  numbers: Float64Array,
  before: Pick<Totals, "sum" | "min" | "max">,
): Totals {
  let { sum, min, max } = before;
  let [finite, infinite] = [0, 0];
  // An index, not an iterator: this is run for every value of large files.
  for (let index = 0; index < numbers.length; index += 1) {
    const number = numbers[index] ?? Number.NaN;
    if (Number.isFinite(number)) {
      finite += 1;
      sum += number;
      min = number < min ? number : min;
      max = number > max ? number : max;
    } else if (!Number.isNaN(number)) {
      infinite += 1;
    }
  }
  return { n: finite + infinite, finite, sum, min, max };
}
