/**
 * Some rows of a table, column by column, so that a column of a large file can be read, used and let go before the next.
 * Rows of one table are numbered from 1, without a header; its columns may only become more from batch to batch, at the end.
 */
export type Batch = {
  readonly columns: readonly string[];
  /** Number of the first row. */
  readonly firstRow: number;
  readonly rows: number;
  /** The values of a column (by index in `columns`), one for each row, null or undefined where there is none. */
  readonly read: (column: number) => Promise<ArrayLike<unknown>>;
  /** The same as numbers. */
  readonly readNumbers: (column: number) => Promise<Numbers>;
};

/** A column as numbers, one for each row. */
export type Numbers = {
  /** NaN for each of `odd`. */
  readonly values: Float64Array;
  /** What isn't a number, by index of its row in the batch, ascending; the texts of a CSV are numbers where they stand for one. */
  readonly odd: readonly { readonly index: number; readonly value: unknown }[];
};

/** A column whose values have types of their own, as numbers. */
export function numbersOf(column: ArrayLike<unknown>): Numbers {
  const values = new Float64Array(column.length);
  const odd: { index: number; value: unknown }[] = [];
  for (let index = 0; index < column.length; index += 1) {
    const value = column[index];
    if (typeof value === "number") {
      values[index] = value;
    } else {
      values[index] = Number.NaN;
      odd.push({ index, value });
    }
  }
  return { values, odd };
}
