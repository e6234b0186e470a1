import { assess, feeds, userRequests } from "./evidence/assess.ts";
import { logSplitMismatch } from "./evidence/assignments.ts";
import { closedTest, logWeightedMean } from "./evidence/combine.ts";
import { logEValues } from "./evidence/eValues.ts";
import { type Evidence, evidenceFor } from "./evidence/evidence.ts";
import type { Live } from "./evidence/ingest.ts";
import type { Trip } from "./evidence/recent.ts";
import { percent, quantity } from "./evidence/sentence.ts";
import type { Guardrail, Plan, Step } from "./plan/plan.ts";
import { ALL_BP } from "./traffic.ts";
import type { GuardrailVerdict, Verdict } from "./verdict.ts";

/** Odds above are not told apart. */
const ODDS_MAX = 1_000_000;

/** Chance that a split which is right is taken for a wrong one, in a whole rollout. */
const SPLIT_ALPHA = 0.001;

const NOT_LIVE: Live = { trip: undefined, requestsPerSecond: undefined };

/**
 * What the evidence says of a rollout in a step of its plan, with what is known besides while its book is open.
 *
 * `fail` when the breaker has tripped, or when the mean of all guardrails' `bad` e-values, by their weights, reaches 1 / alpha.rollback:
 * however often it is asked, a candidate within every limit fails by evidence with at most that chance. Guardrails that closed testing
 * rejects are named as the culprits; when only all together are too much, the one with the most evidence comes first. A failure goes
 * before a pass.
 *
 * `pass` when every guardrail that the step can feed (those on pairs in a shadow step, else all) has a `good` e-value of at least
 * 1 / alpha.promotion, and a `bad` one below 2: a candidate beyond any of these limits passes with at most that chance (an
 * intersection-union test, so with no correction for their number). The plan's last step, whose pass promotes, asks for all guardrails,
 * also for those it can't feed. A step that can feed none never passes, and none passes when users were not split as the traffic asked
 * for, as what is compared may then be different users. The step's minimum is `decide`'s business.
 *
 * Guardrails of a dry run are judged each by itself, and change neither. `inconclusive` otherwise; without evidence always.
 */
export function judge(plan: Plan, step: Step, evidence: Evidence, live: Live = NOT_LIVE): Verdict {
  const judged = judgeEach(plan, step, evidence);
  const guardrails = judged.map(({ verdict }) => verdict);
  const withheld = splitProblem(evidence);
  const decided = { guardrails, withheld };
  const deciding = judged.filter(({ guardrail }) => !guardrail.dryRun);
  const failures = failureReasons(deciding, plan, live.trip);
  if (failures.length > 0) {
    const never = { requestsNeeded: undefined, secondsNeeded: undefined };
    return { judgement: "fail", reasons: failures, ...decided, ...never };
  }
  const isLast = step === plan.steps.at(-1);
  const fed = deciding.filter(({ guardrail }) => isLast || feeds(step, guardrail));
  const passed = fed.length > 0 && fed.every(({ verdict }) => verdict.judgement === "pass");
  if (passed && withheld === undefined) {
    const reasons = fed.map(({ verdict }) => verdict.reason);
    return { judgement: "pass", reasons, ...decided, requestsNeeded: 0, secondsNeeded: 0 };
  }
  const { reasons, requestsNeeded } =
    withheld === undefined
      ? whatIsMissing(step, fed)
      : {
          reasons: [withheld, ...fed.map(({ verdict }) => verdict.reason)],
          requestsNeeded: undefined,
        };
  const { requestsPerSecond = 0 } = live;
  const secondsNeeded =
    requestsNeeded === undefined || requestsPerSecond === 0
      ? undefined
      : Math.ceil(requestsNeeded / requestsPerSecond);
  return { judgement: "inconclusive", reasons, ...decided, requestsNeeded, secondsNeeded };
}

type Judged = { readonly guardrail: Guardrail; readonly verdict: GuardrailVerdict };

function judgeEach(plan: Plan, step: Step, evidence: Evidence): readonly Judged[] {
  const logPass = -Math.log(plan.alpha.promotion);
  const logFail = -Math.log(plan.alpha.rollback);
  const scored = plan.guardrails.map((guardrail) => {
    const known = evidenceFor(evidence.guardrails, guardrail.name);
    const logE = logEValues(evidence, guardrail.name, guardrail.tolerance);
    return { guardrail, known, logE, pairsSeen: evidence.pairs, step, logPass };
  });
  const deciding = scored.filter(({ guardrail }) => !guardrail.dryRun);
  const rejections = closedTest(
    deciding.map(({ logE }) => logE.bad),
    logFail,
    deciding.map(({ guardrail }) => guardrail.weight),
  );
  return scored.map((each) => {
    const { guardrail, logE } = each;
    const rejected = guardrail.dryRun
      ? logE.bad >= logFail
      : rejections[deciding.indexOf(each)] === true;
    return { guardrail, verdict: assess({ ...each, rejected }) };
  });
}

/** Why the candidate fails; none when it does not. */
function failureReasons(
  deciding: readonly Judged[],
  plan: Plan,
  trip: Trip | undefined,
): readonly string[] {
  if (trip !== undefined) {
    const { candidate, primary } = trip;
    return [
      `breaker: ${candidate.k} of the candidate's last ${candidate.n} requests failed (primary ${primary.k} of its last ${primary.n})`,
    ];
  }
  const logBad = logWeightedMean(
    deciding.map(({ guardrail, verdict }) => ({ logE: verdict.logEBad, weight: guardrail.weight })),
  );
  const logFail = -Math.log(plan.alpha.rollback);
  if (deciding.length === 0 || logBad < logFail) {
    return [];
  }
  const bySeverity = deciding
    .map(({ verdict }) => verdict)
    .toSorted((a, b) => b.logEBad - a.logEBad);
  const culprits = bySeverity.filter(({ judgement }) => judgement === "fail");
  const strength = `evidence against the candidate: ${odds(logBad)}, where ${odds(logFail)} rolls back`;
  if (culprits.length > 0) {
    return [...culprits.map(({ reason }) => reason), strength];
  }
  const together = "no guardrail fails by itself, all together do";
  return [together, ...bySeverity.slice(0, 1).map(({ reason }) => reason), strength];
}

/** Why the split is not to be trusted, if it is not. */
function splitProblem({ assignments }: Evidence): string | undefined {
  const logE = logSplitMismatch(assignments);
  if (logE < -Math.log(SPLIT_ALPHA)) {
    return undefined;
  }
  const users = assignments.reduce((sum, { primary, candidate }) => sum + primary + candidate, 0);
  const candidate = assignments.reduce((sum, one) => sum + one.candidate, 0);
  const expected = assignments.reduce(
    (sum, one) => sum + ((one.primary + one.candidate) * one.candidateBp) / ALL_BP,
    0,
  );
  return `split: ${quantity(candidate)} of ${quantity(users)} users fell to the candidate, where ${percent(expected / users)} was asked for (${odds(logE)}); until that is explained nothing is promoted`;
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
