import { addCounts, type Count } from "./count.ts";
import type { RateBatch } from "./rate.ts";

/** What the bets plug in for a rate before anything was seen: as if 0.18 of 0.36 requests had counted. */
const PRIOR_K = 0.18;
const PRIOR_N = 0.36;

/** What was seen of both variants before a batch. */
export type Past = RateBatch;

/**
 * ln of what one batch adds to the e-process against "the candidate's rate is at most `margin` times the primary's": the likelihood of the
 * batch at the rates seen in the past, over that at the rates nearest to them in the null (Turner, Ly and Grunwald, "Generic e-variables
 * for exact sequential k-sample tests", JSPI 230, 2024; with a ratio: Turner and Grunwald, "Safe sequential testing and effect estimation
 * in stratified count data", AISTATS 2023). Exact for any numbers of requests and any rates, also near one half, where the ratio's Poisson
 * bound of `rateSums` is careful; but the batch's requests of a variant must share one rate. 0 when the past is itself in the null.
 *
 * The null is convex and ln E is concave in its rates, 0 with no slope into the null at the nearest ones; so E is at most 1 in it.
 */
export function logBlockBeyond(past: Past, batch: RateBatch, margin: number): number {
  const [primary, candidate] = [plugIn(past.primary), plugIn(past.candidate)];
  return candidate <= margin * primary ? 0 : logRatio({ primary, candidate }, batch, margin);
}

/** The same against "at least `margin` times the primary's". */
export function logBlockBelow(past: Past, batch: RateBatch, margin: number): number {
  const [primary, candidate] = [plugIn(past.primary), plugIn(past.candidate)];
  return candidate >= margin * primary ? 0 : logRatio({ primary, candidate }, batch, margin);
}

/** ln of what a batch adds against "the candidate's rate is at most `tolerance`", by the same plug-in. */
export function logBlockAbove(past: Past, { candidate }: RateBatch, tolerance: number): number {
  const rate = plugIn(past.candidate);
  return rate <= tolerance
    ? 0
    : logLikelihood(candidate, rate) - logLikelihood(candidate, tolerance);
}

/** The past with one more batch. */
export function addPast(past: Past, batch: RateBatch): Past {
  return {
    primary: addCounts(past.primary, batch.primary),
    candidate: addCounts(past.candidate, batch.candidate),
  };
}

function plugIn({ n, k }: Count): number {
  return (k + PRIOR_K) / (n + PRIOR_N);
}

function logRatio(
  rates: { readonly primary: number; readonly candidate: number },
  { primary, candidate }: RateBatch,
  margin: number,
): number {
  if (primary.n === 0 || candidate.n === 0) {
    return 0;
  }
  const nearest = projected(rates, { primary: primary.n, candidate: candidate.n }, margin);
  return (
    logLikelihood(primary, rates.primary) -
    logLikelihood(primary, nearest) +
    logLikelihood(candidate, rates.candidate) -
    logLikelihood(candidate, margin * nearest)
  );
}

/** The primary's rate t in (0, 1/margin) at which (t, margin t) is nearest to the rates, by the divergence of so many requests of each. */
function projected(
  rates: { readonly primary: number; readonly candidate: number },
  n: { readonly primary: number; readonly candidate: number },
  margin: number,
): number {
  const a = (n.primary + n.candidate) * margin;
  const b = n.primary * (1 + margin * rates.primary) + n.candidate * (margin + rates.candidate);
  const c = n.primary * rates.primary + n.candidate * rates.candidate;
  // The smaller root of a t^2 - b t + c, in the form that loses no digits.
  return (2 * c) / (b + Math.sqrt(b * b - 4 * a * c));
}

function logLikelihood({ n, k }: Count, rate: number): number {
  return k * Math.log(rate) + (n - k) * Math.log1p(-rate);
}
