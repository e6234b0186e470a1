import { logMeanExp } from "../special.ts";
import type { Count } from "./count.ts";
import type { PairEvidence, RateEvidence } from "./evidence.ts";
import { addRateSums, logBelow, rateSums } from "./rate.ts";
import { betsBelow, logThreshold } from "./threshold.ts";

/** Beyond this many the answer is "it can't be said". */
const NEEDED_MAX = 1e9;

/**
 * About how many more pairs until `good` reaches exp(logLimit) when they go on to disagree at the rate seen so far; undefined when at that
 * rate it never would. 0 when it has.
 */
export function pairsNeeded(
  evidence: PairEvidence,
  goal: { readonly tolerance: number; readonly logLimit: number },
): number | undefined {
  const bets = betsBelow(goal.tolerance);
  const rate = smoothed(evidence.pairs, prior(goal.tolerance / 5, goal.tolerance));
  const { n, k } = evidence.pairs;
  return firstReaching(goal.logLimit, (more) =>
    logThreshold(bets, { n: n + more, k: k + rate * more }),
  );
}

/**
 * About how many more candidate requests until `good` reaches exp(logLimit), when both variants go on at the rates seen so far and the
 * primary answers `primaryPerCandidate` requests for each of the candidate's; undefined when it never would.
 */
export function requestsNeeded(
  evidence: RateEvidence,
  goal: {
    readonly margin: number;
    readonly tolerance: number;
    readonly logLimit: number;
    readonly primaryPerCandidate: number;
  },
): number | undefined {
  const { tolerance } = goal;
  const primaryRate = smoothed(evidence.primary, prior(tolerance / 5, tolerance));
  const candidateRate = smoothed(evidence.candidate, prior(primaryRate, tolerance));
  const perRequest = rateSums(goal, {
    candidate: { n: 1, k: candidateRate },
    primary: { n: goal.primaryPerCandidate, k: primaryRate * goal.primaryPerCandidate },
  });
  const bets = betsBelow(tolerance);
  const { n, k } = evidence.candidate;
  return firstReaching(goal.logLimit, (more) =>
    logMeanExp([
      logBelow(addRateSums(evidence.sums, perRequest, more)),
      logThreshold(bets, { n: n + more, k: k + candidateRate * more }),
    ]),
  );
}

/** What is believed before anything was seen: `rate`, as if seen on 1 / tolerance requests, so that no event yet is not "never". */
function prior(rate: number, tolerance: number): Count {
  return { n: 1 / tolerance, k: rate / tolerance };
}

function smoothed(seen: Count, before: Count): number {
  return Math.min(1, (seen.k + before.k) / (seen.n + before.n));
}

/** The smallest whole number, to a hundredth of itself, at which a convex function reaches the limit; convex, so it crosses it once. */
function firstReaching(limit: number, logE: (more: number) => number): number | undefined {
  if (logE(0) >= limit) {
    return 0;
  }
  let above = 1;
  while (logE(above) < limit) {
    above *= 2;
    if (above > NEEDED_MAX) {
      return undefined;
    }
  }
  let below = above / 2;
  while (above - below > Math.max(1, above / 100)) {
    const middle = (below + above) / 2;
    if (logE(middle) < limit) {
      below = middle;
    } else {
      above = middle;
    }
  }
  return Math.ceil(above);
}
