/** Errors of numeric predictions as sums, mergeable by addition. An error is prediction minus truth, in the label's unit. */
export type ErrorSums = {
  readonly n: number;
  readonly errors: number;
  readonly sizes: number;
  readonly squares: number;
};

/** What numeric predictions are off by, in the label's unit. */
export type Regression = {
  readonly n: number;
  /** Mean size of the error. */
  readonly mae: number;
  /** Root of the mean square error. */
  readonly rmse: number;
  /** Mean error: above 0 when predictions are too high. */
  readonly bias: number;
};

/** No prediction. */
export const NO_ERRORS: ErrorSums = { n: 0, errors: 0, sizes: 0, squares: 0 };

/** With one more error, which is finite. */
export function addError(sums: ErrorSums, error: number): ErrorSums {
  return mergeErrors(sums, {
    n: 1,
    errors: error,
    sizes: Math.abs(error),
    squares: error * error,
  });
}

/** Sums two. */
export function mergeErrors(a: ErrorSums, b: ErrorSums): ErrorSums {
  return {
    n: a.n + b.n,
    errors: a.errors + b.errors,
    sizes: a.sizes + b.sizes,
    squares: a.squares + b.squares,
  };
}

/** The figures; undefined without a prediction. */
export function regressionOf({ n, errors, sizes, squares }: ErrorSums): Regression | undefined {
  return n === 0
    ? undefined
    : { n, mae: sizes / n, rmse: Math.sqrt(squares / n), bias: errors / n };
}
