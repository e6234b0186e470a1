import type { Frequency } from "../plan/plan.ts";
import { logMeanExp, logSpaced } from "../special.ts";
import { logBlockAbove, logBlockBelow, logBlockBeyond } from "./blocks.ts";
import type { Count } from "./count.ts";

/** What both variants did with the user requests of one batch. */
export type RateBatch = { readonly primary: Count; readonly candidate: Count };

/** A candidate's rate is within its limits while it is at most `margin` (at least 1) times the primary's, or at most `tolerance`, in [0, 1). */
export type RateLimits = { readonly margin: number; readonly tolerance: number };

/**
 * What 24 bets each way have gained, as sums of logarithms over blocks: that the candidate's rate is `beyond` its limits, and that its
 * ratio to the primary's is `below` the margin. All that their e-processes need, and mergeable by addition.
 */
export type RateSums = { readonly beyond: readonly number[]; readonly below: readonly number[] };

const BETS = 24;
const beyondMultiples = logSpaced({ from: 1.1, to: 20, count: BETS });
const belowMultiples = logSpaced({ from: 0.2, to: 0.95, count: BETS });
const beyondLogs = beyondMultiples.map(Math.log);
const belowLogs = belowMultiples.map(Math.log);

/** No block yet. */
export function noRateSums(frequency: Frequency): RateSums {
  const { within, below } = noRateGains(frequency);
  return { beyond: within, below };
}

/**
 * What the bets gain in one block: batches of n_c, n_b requests with k_c, k_b events, one after the other. A batch in which a variant
 * had no request gains exactly 0.
 *
 * The candidate's share of the events at ratio r is t(r) = n_c r / (n_c r + n_b). A bet on the multiple m of the margin pays
 * a = t(m margin) / t(margin) for each event of the candidate and b = (1 - t(m margin)) / (1 - t(margin)) for each of the primary: with
 * t = t(margin), b = 1 / (1 + t(m-1)) and a = m b. This is the conditional binomial test of Lindon and Malek (NeurIPS 2022,
 * arXiv 2011.03567) on realised exposures. For independent events of any chances, whose means over the batch are p_c and p_b,
 *   E[a^k_c b^k_b] <= exp(n_c p_c (a-1) + n_b p_b (b-1)) = exp(n_c (a-1) (p_c - margin p_b)),
 * as ln(1+x) <= x and n_b (1-b) = n_c margin (a-1). So a `below` bet (m < 1, a < 1) has a mean of at most 1 where p_c >= margin p_b.
 *
 * A `beyond` bet (m > 1, a > 1) must have that mean where p_c <= margin p_b *or* p_c <= tolerance. In the one case a^k_c b^k_b has it, as
 * above, in the other a^k_c (1 + tolerance (a-1))^-n_c, as E[a^k_c] <= (1 + p_c (a-1))^n_c. The bet pays the smaller of the two products
 * over the block's batches, so it is below a supermartingale in either case, at each batch; and the next block may be in the other case.
 * A candidate that is tolerably worse on quiet days and as bad as the primary when a dependency fails both is within its limits all the
 * time, though neither case is: the smaller of two e-processes over the whole rollout would roll it back. Longer blocks cost less
 * power, as chance makes the smaller product smaller yet; the case must not change within one. A tolerance of 0 leaves the ratio alone.
 */
export function rateSums(limits: RateLimits, block: readonly RateBatch[]): RateSums {
  const gains = noRateGains("rare");
  for (const batch of block) {
    addRateGains(gains, limits, batch);
  }
  return sumsOf(gains);
}

/** What a block's bets have gained so far: beyond the margin, beyond the tolerance, and below the margin. */
export type RateGains = {
  readonly within: number[];
  readonly tolerated: number[];
  readonly below: number[];
};

/** A block without batches. For common events there is one bet each way, which learns as it goes. */
export function noRateGains(frequency: Frequency): RateGains {
  const bets = frequency === "rare" ? BETS : 1;
  const none = () => new Array<number>(bets).fill(0);
  return { within: none(), tolerated: none(), below: none() };
}

/**
 * Adds what the bets gain in one more batch of a block: by `rateSums` for rare events, and by the block e-variables of `logBlockBeyond` for
 * common ones, which plug in what was seen before the batch.
 */
export function addGains(
  gains: RateGains,
  limits: RateLimits & { readonly frequency: Frequency },
  { batch, past }: { readonly batch: RateBatch; readonly past: RateBatch },
): void {
  if (limits.frequency === "rare") {
    addRateGains(gains, limits, batch);
  } else if (batch.primary.n > 0 && batch.candidate.n > 0) {
    add(gains.within, 0, logBlockBeyond(past, batch, limits.margin));
    add(gains.tolerated, 0, logBlockAbove(past, batch, limits.tolerance));
    add(gains.below, 0, logBlockBelow(past, batch, limits.margin));
  }
}

function addRateGains(
  gains: RateGains,
  { margin, tolerance }: RateLimits,
  { primary, candidate }: RateBatch,
): void {
  if (primary.n === 0 || candidate.n === 0) {
    return;
  }
  const share = (candidate.n * margin) / (candidate.n * margin + primary.n);
  for (const [bet, multiple] of beyondMultiples.entries()) {
    const logB = -Math.log1p(share * (multiple - 1));
    const logA = (beyondLogs[bet] ?? 0) + logB;
    const pays = Math.expm1(logA);
    add(gains.within, bet, candidate.k * logA + primary.k * logB);
    add(gains.tolerated, bet, candidate.k * logA - candidate.n * Math.log1p(tolerance * pays));
  }
  for (const [bet, multiple] of belowMultiples.entries()) {
    const logB = -Math.log1p(share * (multiple - 1));
    add(gains.below, bet, candidate.k * ((belowLogs[bet] ?? 0) + logB) + primary.k * logB);
  }
}

/** What a block adds to its guardrail's evidence: for `beyond` each bet pays the smaller of its two products. */
export function sumsOf({ within, tolerated, below }: RateGains): RateSums {
  return {
    beyond: within.map((gain, bet) => Math.min(gain, tolerated[bet] ?? gain)),
    below: [...below],
  };
}

/** Sums two states. */
export function addRateSums(a: RateSums, b: RateSums): RateSums {
  const sum = (one: readonly number[], other: readonly number[]) =>
    one.map((gain, bet) => gain + (other[bet] ?? 0));
  return { beyond: sum(a.beyond, b.beyond), below: sum(a.below, b.below) };
}

/** ln of the e-process whose null is a rate that is always within its limits. */
export function logBeyond(sums: RateSums): number {
  return logMeanExp(sums.beyond);
}

/** ln of the e-process whose null is a ratio that is always at least the margin. */
export function logBelow(sums: RateSums): number {
  return logMeanExp(sums.below);
}

function add(sums: number[], index: number, gain: number): void {
  sums[index] = (sums[index] ?? 0) + gain;
}
