import { logBeta } from "../beta.ts";
import type { Count } from "./count.ts";

/** A range that holds the true value at all times at once, but for a chance that was stated. */
export type Interval = { readonly from: number; readonly to: number };

/** How the mixture is tuned: the number of observations at which the interval is to be tightest, at this alpha. */
const TUNED_TO_ALPHA = 0.05;
export const TUNED_TO = 1_000;

/**
 * The weight of the mixture's prior, in observations, that makes the interval tightest at `tunedTo` observations (Howard, Ramdas, McAuliffe
 * and Sekhon, "Time-uniform, nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49, 2021).
 */
export function priorWeight(tunedTo: number): number {
  const log = 2 * Math.log(1 / TUNED_TO_ALPHA);
  return Math.max(tunedTo / (log + Math.log1p(log)) - 1, 1e-3);
}

/**
 * Natural logarithm of the beta-binomial mixture martingale against the rate p, in (0, 1): its null is a rate of exactly p at each
 * observation. `weight` is that of the prior about p.
 */
export function logMixture({ n, k }: Count, p: number, weight: number): number {
  const [a, b] = [weight * p, weight * (1 - p)];
  return logBeta(a + k, b + n - k) - logBeta(a, b) - k * Math.log(p) - (n - k) * Math.log1p(-p);
}

/**
 * The rates that the mixture does not exclude: with chance 1 - alpha it holds a constant true rate at every look. Everything while nothing
 * was seen. For people; decisions are by e-values.
 */
export function bernoulliInterval(
  count: Count,
  alpha: number,
  weight: number = priorWeight(TUNED_TO),
): Interval {
  const { n, k } = count;
  const limit = -Math.log(alpha);
  const isExcluded = (p: number) => logMixture(count, p, weight) >= limit;
  const rate = n === 0 ? 0.5 : k / n;
  return {
    from: k === 0 ? 0 : crossing(isExcluded, { excluded: 0, kept: rate }),
    to: k === n ? 1 : crossing(isExcluded, { excluded: 1, kept: rate }),
  };
}

/** Where exclusion begins between a rate that may be excluded and one that is not; the mixture is convex in p on either side. */
function crossing(
  isExcluded: (p: number) => boolean,
  between: { readonly excluded: number; readonly kept: number },
): number {
  let { excluded, kept } = between;
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (excluded + kept) / 2;
    if (isExcluded(middle)) {
      excluded = middle;
    } else {
      kept = middle;
    }
  }
  return kept;
}
