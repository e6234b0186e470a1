import { logMeanExp, logSpaced } from "../special.ts";
import type { Count } from "./count.ts";

/** What both variants did with the user requests of one batch. */
export type RateBatch = { readonly primary: Count; readonly candidate: Count };

/** A candidate's rate is within its limits while it is at most `margin` (at least 1) times the primary's, or at most `tolerance`, in [0, 1). */
export type RateLimits = { readonly margin: number; readonly tolerance: number };

/**
 * What 24 bets each way have gained, as sums of logarithms over batches: that the candidate's rate is `beyond` its limits, and that its
 * ratio to the primary's is `below` the margin. All that their e-processes need, and mergeable by addition.
 */
export type RateSums = { readonly beyond: readonly number[]; readonly below: readonly number[] };

const BETS = 24;
const beyondMultiples = logSpaced({ from: 1.1, to: 20, count: BETS });
const belowMultiples = logSpaced({ from: 0.2, to: 0.95, count: BETS });

/** No batch yet. */
export const NO_RATE_SUMS: RateSums = {
  beyond: beyondMultiples.map(() => 0),
  below: belowMultiples.map(() => 0),
};

/**
 * What the bets gain in one batch of n_c, n_b requests with k_c, k_b events. A batch in which a variant had no request gains exactly 0.
 *
 * The candidate's share of the events at ratio r is t(r) = n_c r / (n_c r + n_b). A bet on the multiple m of the margin pays
 * a = t(m margin) / t(margin) for each event of the candidate and b = (1 - t(m margin)) / (1 - t(margin)) for each of the primary: with
 * t = t(margin), b = 1 / (1 + t(m-1)) and a = m b. This is the conditional binomial test of Lindon and Malek (NeurIPS 2022,
 * arXiv 2011.03567) on realised exposures. For independent events of any chances, whose means over the batch are p_c and p_b,
 *   E[a^k_c b^k_b] <= exp(n_c p_c (a-1) + n_b p_b (b-1)) = exp(n_c (a-1) (p_c - margin p_b)),
 * as ln(1+x) <= x and n_b (1-b) = n_c margin (a-1). So a `below` bet (m < 1, a < 1) has a mean of at most 1 where p_c >= margin p_b.
 *
 * A `beyond` bet (m > 1, a > 1) must have that mean where p_c <= margin p_b *or* p_c <= tolerance. It pays
 *   a^k_c min(b^k_b, (1 + tolerance (a-1))^-n_c).
 * By the first half of the minimum the mean is at most 1 in the one case, as above; by the second in the other, as
 * E[a^k_c] <= (1 + p_c (a-1))^n_c. Which case holds may change from batch to batch, as it does for a candidate that is tolerably worse
 * on quiet days and as bad as the primary when a dependency fails both. (The smaller of two e-processes, one for each case, is valid only
 * if the same case holds all the time.) A tolerance of 0 leaves the ratio alone.
 */
export function rateSums({ margin, tolerance }: RateLimits, batch: RateBatch): RateSums {
  const { primary, candidate } = batch;
  if (primary.n === 0 || candidate.n === 0) {
    return NO_RATE_SUMS;
  }
  const share = (candidate.n * margin) / (candidate.n * margin + primary.n);
  const beyond = (multiple: number): number => {
    const logB = -Math.log1p(share * (multiple - 1));
    const logA = Math.log(multiple) + logB;
    const tolerated = -candidate.n * Math.log1p(tolerance * Math.expm1(logA));
    return candidate.k * logA + Math.min(primary.k * logB, tolerated);
  };
  const below = (multiple: number): number =>
    candidate.k * Math.log(multiple) -
    (candidate.k + primary.k) * Math.log1p(share * (multiple - 1));
  return { beyond: beyondMultiples.map(beyond), below: belowMultiples.map(below) };
}

/** Sums two states; `times` counts the second that many times over, for what is expected of the future. */
export function addRateSums(a: RateSums, b: RateSums, times = 1): RateSums {
  const add = (to: readonly number[], from: readonly number[]) =>
    to.map((sum, index) => sum + times * (from[index] ?? 0));
  return { beyond: add(a.beyond, b.beyond), below: add(a.below, b.below) };
}

/** ln of the e-process whose null is a rate that is always within its limits. */
export function logBeyond(sums: RateSums): number {
  return logMeanExp(sums.beyond);
}

/** ln of the e-process whose null is a ratio that is always at least the margin. */
export function logBelow(sums: RateSums): number {
  return logMeanExp(sums.below);
}
