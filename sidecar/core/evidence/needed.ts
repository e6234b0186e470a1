import type { Frequency } from "../plan/plan.ts";
import { logMeanExp } from "../special.ts";
import type { Count } from "./count.ts";
import type { RateEvidence } from "./evidence.ts";
import { addGains, noRateGains } from "./rate.ts";
import { betsBelow } from "./threshold.ts";

/** Beyond this many the answer is "it can't be said". */
const NEEDED_MAX = 1e9;
/** Requests after which the bets on common events know the rates. */
const LONG_PAST = 1e9;

/**
 * About how many more pairs until `good` reaches exp(logLimit) when they go on to disagree at the rate seen so far; undefined when at that
 * rate it never would. 0 when it has.
 */
export function pairsNeeded(
  pairs: Count,
  goal: { readonly tolerance: number; readonly logLimit: number },
): number | undefined {
  const rate = smoothed(pairs, prior(goal.tolerance / 5, goal.tolerance));
  return firstReaching(goal.logLimit, thresholdGains(pairs, rate, goal.tolerance));
}

/**
 * About how many more candidate requests until `good` reaches exp(logLimit), when both variants go on at the rates seen so far and the
 * primary answers `primaryPerCandidate` requests for each of the candidate's; undefined when it never would. 0 when it has.
 */
export function requestsNeeded(
  evidence: RateEvidence,
  goal: {
    readonly margin: number;
    readonly tolerance: number;
    readonly logLimit: number;
    readonly primaryPerCandidate: number;
    readonly frequency: Frequency;
  },
): number | undefined {
  const { tolerance, primaryPerCandidate } = goal;
  const primaryRate = smoothed(evidence.primary, prior(tolerance / 5, tolerance));
  const candidateRate = smoothed(evidence.candidate, prior(primaryRate, tolerance));
  const perRequest = noRateGains(goal.frequency);
  addGains(perRequest, goal, {
    batch: {
      candidate: { n: 1, k: candidateRate },
      primary: { n: primaryPerCandidate, k: primaryRate * primaryPerCandidate },
    },
    past: {
      candidate: { n: LONG_PAST, k: candidateRate * LONG_PAST },
      primary: { n: LONG_PAST, k: primaryRate * LONG_PAST },
    },
  });
  const ratioGains = evidence.sums.below.map((at, bet) => ({
    at,
    slope: perRequest.below[bet] ?? 0,
  }));
  const absolute = thresholdGains(evidence.candidate, candidateRate, tolerance);
  // As many of each, so the mean of all is the mean of the two e-processes, which is `good`.
  const ratio = ratioGains.flatMap((gain) =>
    new Array<Gain>(absolute.length / ratioGains.length).fill(gain),
  );
  const gains = [...ratio, ...absolute];
  return firstReaching(goal.logLimit, gains);
}

/** What a bet has gained, and gains by each further request: logarithms. */
type Gain = { readonly at: number; readonly slope: number };

function thresholdGains({ n, k }: Count, rate: number, tolerance: number): readonly Gain[] {
  return betsBelow(tolerance).map(({ hit, miss }) => ({
    at: k * hit + (n - k) * miss,
    slope: rate * hit + (1 - rate) * miss,
  }));
}

/** What is believed before anything was seen: `rate`, as if seen on 1 / tolerance requests, so that no event yet is not "never". */
function prior(rate: number, tolerance: number): Count {
  return { n: 1 / tolerance, k: rate / tolerance };
}

function smoothed(seen: Count, before: Count): number {
  return Math.min(1, (seen.k + before.k) / (seen.n + before.n));
}

/**
 * The smallest number of further requests, to a fiftieth, at which the bets' mean reaches the limit. It can't before one of them does, and
 * has when one of them alone makes up the mean; between, its logarithm is convex and below the limit at the start, so it crosses once.
 */
function firstReaching(logLimit: number, gains: readonly Gain[]): number | undefined {
  const logMeanAt = (more: number) => logMeanExp(gains.map(({ at, slope }) => at + more * slope));
  if (logMeanAt(0) >= logLimit) {
    return 0;
  }
  let below = firstBet(logLimit, gains);
  let above = firstBet(logLimit + Math.log(gains.length), gains);
  while (above > below * 1.02 + 1) {
    const middle = (below + above) / 2;
    if (logMeanAt(middle) < logLimit) {
      below = middle;
    } else {
      above = middle;
    }
  }
  return above > NEEDED_MAX ? undefined : Math.ceil(above);
}

/** When the first of the bets reaches the limit; infinite when none ever does. */
function firstBet(logLimit: number, gains: readonly Gain[]): number {
  return gains.reduce(
    (first, { at, slope }) =>
      slope > 0 ? Math.min(first, Math.max(0, (logLimit - at) / slope)) : first,
    Number.POSITIVE_INFINITY,
  );
}
