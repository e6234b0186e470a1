import { logMeanExp } from "../special.ts";
import type { GuardrailEvidence } from "./evidence.ts";
import { logBetter, logWorse } from "./ratio.ts";
import { betsAbove, betsBelow, logThreshold } from "./threshold.ts";

/** Natural logarithms of a guardrail's two e-values: large `bad` speaks for a rollback, large `good` for a promotion. */
export type LogEValues = { readonly bad: number; readonly good: number };

/**
 * The e-values of one guardrail with an absolute `tolerance`, and for a rate a ratio `margin` that its evidence was summed for.
 *
 * A disagreement is within its limit while its rate is at most the tolerance: one threshold e-process each way.
 *
 * A rate is within its limit while p_c <= margin p_b *or* p_c <= tolerance (a rate below the tolerance is good whatever the primary's is).
 * - `bad` must hold against the union of the two: it is the smaller of the ratio's and the threshold's e-process. Under either half one of
 *   the two is below a non-negative supermartingale that starts at 1, and the minimum is below both, so P(ever >= 1/alpha) <= alpha.
 *   The half must be the same one all the time; a rate that is within only now by one and now by the other is not covered.
 * - `good` has the opposite null, the intersection p_c >= margin p_b *and* p_c >= tolerance. There both are supermartingales on one clock,
 *   so their mean is one too. With hardly any error on either side the ratio says nothing, and the threshold's half decides.
 */
export function logEValues(evidence: GuardrailEvidence, tolerance: number): LogEValues {
  const counted = evidence.kind === "pair" ? evidence.pairs : evidence.candidate;
  const above = logThreshold(betsAbove(tolerance), counted);
  const below = logThreshold(betsBelow(tolerance), counted);
  if (evidence.kind === "pair") {
    return { bad: above, good: below };
  }
  return {
    bad: Math.min(logWorse(evidence.ratio), above),
    good: logMeanExp([logBetter(evidence.ratio), below]),
  };
}
