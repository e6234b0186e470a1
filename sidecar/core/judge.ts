import { assess, feeds, userRequests } from "./evidence/assess.ts";
import { closedTest } from "./evidence/combine.ts";
import { logEValues } from "./evidence/eValues.ts";
import { type Evidence, evidenceFor } from "./evidence/evidence.ts";
import { quantity } from "./evidence/sentence.ts";
import type { Guardrail, Plan, Step } from "./plan/plan.ts";
import { logMeanExp } from "./special.ts";
import type { GuardrailVerdict, Verdict } from "./verdict.ts";

/** Odds above are not told apart. */
const ODDS_MAX = 1_000_000;

/**
 * What the evidence says of a rollout in a step of its plan.
 *
 * `fail` when the mean of all guardrails' `bad` e-values, with equal weights, reaches 1 / alpha.rollback: however often it is asked, a
 * candidate within every limit fails with at most that chance. Guardrails that closed testing rejects are named as the culprits; when
 * only all together are too much, the one with the most evidence comes first. A failure goes before a pass.
 *
 * `pass` when every guardrail that the step can feed (those on pairs in a shadow step, else all) has a `good` e-value of at least
 * 1 / alpha.promotion, and a `bad` one below 2: a candidate beyond any of these limits passes with at most that chance (an
 * intersection-union test, so with no correction for their number). The plan's last step, whose pass promotes, asks for all guardrails,
 * also for those it can't feed. A step that can feed none never passes. The step's minimum is `decide`'s business.
 *
 * `inconclusive` otherwise; without evidence always.
 */
export function judge(plan: Plan, step: Step, evidence: Evidence): Verdict {
  const logPass = -Math.log(plan.alpha.promotion);
  const logFail = -Math.log(plan.alpha.rollback);
  const scored = plan.guardrails.map((guardrail) => {
    const known = evidenceFor(evidence.guardrails, guardrail.name);
    const logE = logEValues(evidence, guardrail.name, guardrail.tolerance);
    return { guardrail, known, logE, pairsSeen: evidence.pairs };
  });
  const logBads = scored.map(({ logE }) => logE.bad);
  const rejected = closedTest(logBads, logFail);
  const judged = scored.map((each, index) => ({
    guardrail: each.guardrail,
    verdict: assess({ ...each, step, logPass, rejected: rejected[index] === true }),
  }));
  const guardrails = judged.map(({ verdict }) => verdict);
  if (logMeanExp(logBads) >= logFail) {
    const reasons = failureReasons(guardrails, plan);
    return { judgement: "fail", reasons, guardrails, requestsNeeded: undefined };
  }
  const isLast = step === plan.steps.at(-1);
  const fed = judged.filter(({ guardrail }) => isLast || feeds(step, guardrail));
  if (fed.length > 0 && fed.every(({ verdict }) => verdict.judgement === "pass")) {
    const reasons = fed.map(({ verdict }) => verdict.reason);
    return { judgement: "pass", reasons, guardrails, requestsNeeded: 0 };
  }
  return { judgement: "inconclusive", guardrails, ...whatIsMissing(step, fed) };
}

type Judged = { readonly guardrail: Guardrail; readonly verdict: GuardrailVerdict };

function failureReasons(guardrails: readonly GuardrailVerdict[], plan: Plan): readonly string[] {
  const bySeverity = guardrails.toSorted((a, b) => b.logEBad - a.logEBad);
  const culprits = bySeverity.filter(({ judgement }) => judgement === "fail");
  const logBad = logMeanExp(guardrails.map(({ logEBad }) => logEBad));
  const strength = `evidence against the candidate: ${odds(logBad)}, where ${odds(-Math.log(plan.alpha.rollback))} rolls back`;
  if (culprits.length > 0) {
    return [...culprits.map(({ reason }) => reason), strength];
  }
  const together = "no guardrail fails by itself, all together do";
  return [together, ...bySeverity.slice(0, 1).map(({ reason }) => reason), strength];
}

function whatIsMissing(
  step: Step,
  fed: readonly Judged[],
): Pick<Verdict, "reasons" | "requestsNeeded"> {
  if (fed.length === 0) {
    const nothing = "a shadow step brings only pairs, and no guardrail of the plan is on pairs";
    return { reasons: [nothing], requestsNeeded: undefined };
  }
  const missing = fed
    .filter(({ verdict }) => verdict.judgement !== "pass")
    .map(({ guardrail, verdict }) => ({
      reason: verdict.reason,
      requests:
        verdict.needed === undefined
          ? Number.POSITIVE_INFINITY
          : (userRequests(step, guardrail, verdict.needed) ?? Number.POSITIVE_INFINITY),
    }))
    .sort((a, b) => b.requests - a.requests);
  const most = missing[0]?.requests ?? Number.POSITIVE_INFINITY;
  return {
    reasons: missing.map(({ reason }) => reason),
    requestsNeeded: Number.isFinite(most) ? most : undefined,
  };
}

function odds(logE: number): string {
  return logE > Math.log(ODDS_MAX)
    ? `over ${quantity(ODDS_MAX)} to 1`
    : `${quantity(Math.exp(logE), "about")} to 1`;
}
