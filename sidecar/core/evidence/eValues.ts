import { logMeanExp } from "../special.ts";
import type { GuardrailEvidence } from "./evidence.ts";
import { logBelow, logBeyond } from "./rate.ts";
import { betsAbove, betsBelow, logThreshold } from "./threshold.ts";

/** Natural logarithms of a guardrail's two e-values: a large `bad` speaks for a rollback, a large `good` for a promotion. */
export type LogEValues = { readonly bad: number; readonly good: number };

/**
 * The e-values of one guardrail with this absolute `tolerance` (the margin of a rate is in the sums of its evidence).
 *
 * A disagreement is within its limit while its rate is at most the tolerance: one threshold e-process each way.
 *
 * A rate is within its limits while p_c <= margin p_b or p_c <= tolerance. `bad` has that null (see `rateSums`). `good` has the opposite
 * one, p_c >= margin p_b and p_c >= tolerance: there both the ratio's and the threshold's e-process are supermartingales on one clock, so
 * their mean is one too. With hardly any event on either side the ratio says nothing, and the threshold decides.
 */
export function logEValues(evidence: GuardrailEvidence, tolerance: number): LogEValues {
  if (evidence.kind === "pair") {
    return {
      bad: logThreshold(betsAbove(tolerance), evidence.pairs),
      good: logThreshold(betsBelow(tolerance), evidence.pairs),
    };
  }
  return {
    bad: logBeyond(evidence.sums),
    good: logMeanExp([
      logBelow(evidence.sums),
      logThreshold(betsBelow(tolerance), evidence.candidate),
    ]),
  };
}
