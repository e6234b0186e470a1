import { logMeanExp, logSpaced } from "../special.ts";
import type { Count } from "./count.ts";

/** What both variants did with the user requests of one batch. */
export type RateBatch = { readonly primary: Count; readonly candidate: Count };

/**
 * Sums over batches of ln(likelihood at a multiple of the margin / likelihood at the margin), for 24 multiples above 1 (`worse`) and 24
 * below (`better`). All that the ratio e-process needs, and mergeable by addition.
 */
export type RatioSums = { readonly worse: readonly number[]; readonly better: readonly number[] };

const BETS = 24;
const worseMultiples = logSpaced({ from: 1.1, to: 20, count: BETS });
const betterMultiples = logSpaced({ from: 0.2, to: 0.95, count: BETS });

/** No batch yet. */
export const NO_RATIO_SUMS: RatioSums = {
  worse: worseMultiples.map(() => 0),
  better: betterMultiples.map(() => 0),
};

/**
 * The sums of one batch for the ratio of the candidate's rate to the primary's against `margin` (at least 1).
 *
 * Given the batch's requests n and its events k, the candidate's share of the events at ratio r is t(r) = n_c r / (n_c r + n_b), so that
 * a multiple m of the margin gains k_c ln m - (k_c + k_b) ln(1 + t(margin)(m - 1)). A batch in which a variant had no request says
 * nothing of the ratio and adds exactly 0.
 *
 * Its exponential has expectation at most 1 for every m > 1 while the batch's mean rates keep p_c <= margin p_b, and for every m < 1
 * while p_c >= margin p_b, whatever the rates and the split are: E = prod_c(1 + p_i(a-1)) prod_b(1 + p_i(b-1)), with a = t(m)/t(1) and
 * b = (1-t(m))/(1-t(1)), and ln(1+x) <= x bound ln E by n_c p_c (a-1) + n_b p_b (b-1), which is 0 at p_c = margin p_b and falls to the
 * null's side. It is the conditional binomial test of Lindon and Malek (NeurIPS 2022, arXiv 2011.03567) on realised exposures.
 */
export function ratioSums(margin: number, batch: RateBatch): RatioSums {
  const { primary, candidate } = batch;
  const events = primary.k + candidate.k;
  if (events === 0 || primary.n === 0 || candidate.n === 0) {
    return NO_RATIO_SUMS;
  }
  const share = (candidate.n * margin) / (candidate.n * margin + primary.n);
  const gain = (multiple: number) =>
    candidate.k * Math.log(multiple) - events * Math.log1p(share * (multiple - 1));
  return { worse: worseMultiples.map(gain), better: betterMultiples.map(gain) };
}

/** Sums two states; `times` counts the second that many times over, for what is expected of the future. */
export function addRatioSums(a: RatioSums, b: RatioSums, times = 1): RatioSums {
  const add = (to: readonly number[], from: readonly number[]) =>
    to.map((sum, index) => sum + times * (from[index] ?? 0));
  return { worse: add(a.worse, b.worse), better: add(a.better, b.better) };
}

/** ln of the e-process whose null is a ratio of at most the margin. */
export function logWorse(sums: RatioSums): number {
  return logMeanExp(sums.worse);
}

/** ln of the e-process whose null is a ratio of at least the margin. */
export function logBetter(sums: RatioSums): number {
  return logMeanExp(sums.better);
}
