/** How many there were, and how many of them counted against the variant: whole numbers, 0 <= k <= n. */
export type Count = { readonly n: number; readonly k: number };

/** Nothing seen. */
export const NO_COUNT: Count = { n: 0, k: 0 };

/** Sums two counts. */
export function addCounts(a: Count, b: Count): Count {
  return { n: a.n + b.n, k: a.k + b.k };
}
