import { logMeanExp, logSumExp } from "../special.ts";
import { logMeanAbove, logMeanBelow, valuesOf } from "./boundedMean.ts";
import { NO_COUNT } from "./count.ts";
import {
  type Evidence,
  evidenceFor,
  type GuardrailEvidence,
  mergeGuardrail,
  type RateEvidence,
  type SlowdownEvidence,
} from "./evidence.ts";
import { logExcessBeyond, logExcessWithin } from "./excess.ts";
import { logLabelsBeyond, logLabelsWithin } from "./labelled.ts";
import { logBelow, logBeyond } from "./rate.ts";
import { beyondEdges } from "./slowdown.ts";
import { betsAbove, betsBelow, logThreshold } from "./threshold.ts";

/** Natural logarithms of a guardrail's two e-values: a large `bad` speaks for a rollback, a large `good` for a promotion. */
export type LogEValues = { readonly bad: number; readonly good: number };

/** Share of `bad` that bets on the rollout as a whole; later segments share the rest by halves. */
const WHOLE_SHARE = 0.9;

/**
 * The e-values of the guardrail of that name with this absolute `tolerance` (the margin of a rate is in the sums of its evidence).
 *
 * A disagreement, or failures of test requests, are within their limit while their rate is at most the tolerance: one threshold e-process
 * each way.
 *
 * A rate is within its limits while p_c <= margin p_b or p_c <= tolerance. `bad` has that null (see `rateSums`). `good` has the opposite
 * one, p_c >= margin p_b and p_c >= tolerance: there both the ratio's and the threshold's e-process are supermartingales on one clock, so
 * their mean is one too. With hardly any event on either side the ratio says nothing, and the threshold decides.
 *
 * A slowdown is within its limits while the shares of requests slower than each edge are. Its `bad` is the mean over the edges, as all their
 * nulls hold together, and its `good` the smallest, as one of them is enough to be beyond. The mean of scores has an e-process each way. An
 * excess has one each way for every slot of places (see `logExcessBeyond`).
 *
 * `bad` is a weighted mean: 0.9 of what all evidence says, and 0.1 / 2^k of what that from the k-th later segment on says (1 until it has
 * begun). Each starts at a time that its own outcomes do not decide, so each has the same null, and so has the mean. Without it a
 * candidate that breaks at a late step would have to undo all that it did well before: thousands of requests instead of dozens.
 */
export function logEValues(
  evidence: Pick<Evidence, "guardrails" | "segments">,
  name: string,
  tolerance: number,
): LogEValues {
  const whole = evidenceFor(evidence.guardrails, name);
  const terms = [Math.log(WHOLE_SHARE) + logBad(whole, tolerance)];
  let logRest = Math.log1p(-WHOLE_SHARE);
  for (const since of sinceEachLaterSegment(evidence, name)) {
    logRest -= Math.LN2;
    terms.push(logRest + logBad(since, tolerance));
  }
  return { bad: logSumExp([...terms, logRest]), good: logGood(whole, tolerance) };
}

/** What is known from the second segment on, from the third on, and so on. */
function sinceEachLaterSegment(
  { segments }: Pick<Evidence, "segments">,
  name: string,
): readonly GuardrailEvidence[] {
  const since: GuardrailEvidence[] = [];
  for (const { guardrails } of segments.slice(1).reverse()) {
    const own = evidenceFor(guardrails, name);
    const after = since[0];
    since.unshift(after === undefined ? own : mergeGuardrail(own, after));
  }
  return since;
}

function logBad(known: GuardrailEvidence, tolerance: number): number {
  switch (known.kind) {
    case "pair":
      return logThreshold(betsAbove(tolerance), known.pairs);
    case "tests":
      return logThreshold(betsAbove(tolerance), known.tests);
    case "rate":
      return logBeyond(known.sums);
    case "slowdown":
      return logMeanExp(known.sums.map(logBeyond));
    case "excess":
      return logExcessBeyond(known.excesses, tolerance);
    case "accuracy":
    case "performance":
      return logLabelsBeyond(known, tolerance);
    case "score":
      return logMeanAbove(valuesOf(known.scores), tolerance);
    default:
      return known satisfies never;
  }
}

function logGood(known: GuardrailEvidence, tolerance: number): number {
  switch (known.kind) {
    case "pair":
      return logThreshold(betsBelow(tolerance), known.pairs);
    case "tests":
      return logThreshold(betsBelow(tolerance), known.tests);
    case "rate":
      return logRateGood(known, tolerance);
    case "slowdown":
      return edgesOf(known).reduce(
        (least, edge) => Math.min(least, logRateGood(edge, tolerance)),
        Number.POSITIVE_INFINITY,
      );
    case "excess":
      return logExcessWithin(known.excesses, tolerance);
    case "accuracy":
    case "performance":
      return logLabelsWithin(known, tolerance);
    case "score":
      return logMeanBelow(valuesOf(known.scores), tolerance);
    default:
      return known satisfies never;
  }
}

function logRateGood({ sums, candidate }: RateEvidence, tolerance: number): number {
  return logMeanExp([logBelow(sums), logThreshold(betsBelow(tolerance), candidate)]);
}

/** What is known of the requests slower than each edge. */
export function edgesOf({ primary, candidate, sums }: SlowdownEvidence): readonly RateEvidence[] {
  const [ofPrimary, ofCandidate] = [beyondEdges(primary), beyondEdges(candidate)];
  return sums.map((each, edge) => ({
    kind: "rate",
    primary: ofPrimary[edge] ?? NO_COUNT,
    candidate: ofCandidate[edge] ?? NO_COUNT,
    sums: each,
  }));
}
