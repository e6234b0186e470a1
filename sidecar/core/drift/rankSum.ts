import { normalCdf } from "../normal.ts";

/**
 * Mann and Whitney's test of whether values of `second` tend to be greater than those of `first` (one each at least). `auc`: the chance that a
 * random value of the second is greater than one of the first, ties counting half. `pValue`: one-sided, by the normal approximation with the
 * variance under the null hypothesis, ties included, and half a step for continuity (Annals of Mathematical Statistics 18, 1947).
 */
export function rankSum(
  first: readonly number[],
  second: readonly number[],
): { readonly auc: number; readonly pValue: number } {
  const values = [
    ...first.map((value) => ({ value, isSecond: 0 })),
    ...second.map((value) => ({ value, isSecond: 1 })),
  ].sort((a, b) => a.value - b.value);
  let ranks = 0;
  let ties = 0;
  for (let from = 0; from < values.length; ) {
    let to = from;
    let seconds = 0;
    while (to < values.length && values[to]?.value === values[from]?.value) {
      seconds += values[to]?.isSecond ?? 0;
      to += 1;
    }
    ranks += (seconds * (from + 1 + to)) / 2;
    ties += (to - from) ** 3 - (to - from);
    from = to;
  }
  const [m, n, total] = [first.length, second.length, values.length];
  const wins = ranks - (n * (n + 1)) / 2;
  const variance = ((m * n) / 12) * (total + 1 - ties / (total * (total - 1)));
  const auc = wins / (m * n);
  return {
    auc,
    pValue: variance > 0 ? normalCdf(-(wins - (m * n) / 2 - 0.5) / Math.sqrt(variance)) : 1,
  };
}
