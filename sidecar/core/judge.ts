import { assess, userRequests } from "./evidence/assess.ts";
import { logSplitMismatch } from "./evidence/assignments.ts";
import type { Evidence } from "./evidence/evidence.ts";
import type { Live } from "./evidence/ingest.ts";
import type { Trip } from "./evidence/recent.ts";
import { quantity } from "./evidence/sentence.ts";
import { odds } from "./odds.ts";
import type { Guardrail, Plan } from "./plan/plan.ts";
import type { Step } from "./plan/step.ts";
import { ALL_BP } from "./traffic.ts";
import type { GuardrailVerdict, Verdict } from "./verdict.ts";
import { isSplitWrong, logAgainst, NOT_LIVE, type Weighed, weigh } from "./weigh.ts";
import { percent } from "./words.ts";

/**
 * What the evidence says of a rollout in a step of its plan, with what is known besides while its book is open.
 *
 * `fail` when the breaker has tripped, or when the mean of all guardrails' `bad` e-values, by their weights, reaches 1 / alpha.rollback (of
 * those on requests and of those on labels apart, see `logAgainst`):
 * however often it is asked, a candidate within every limit fails by evidence with at most that chance. Guardrails that closed testing
 * rejects are named as the culprits; when only all together are too much, the one with the most evidence comes first. A failure goes
 * before a pass.
 *
 * `pass` when every guardrail that the step must pass (those on pairs in a shadow step, else all; those on labels only where the step can
 * feed no other) has a `good` e-value of at least
 * 1 / alpha.promotion, and a `bad` one below 2: a candidate beyond any of these limits passes with at most that chance (an
 * intersection-union test, so with no correction for their number). The plan's last step, whose pass promotes, asks for all guardrails,
 * also for those it can't feed. A step that can feed none never passes, and none passes when users were not split as the traffic asked
 * for, as what is compared may then be different users. The step's minimum is `decide`'s business. A pause and a switch ask for no evidence
 * (a switch that is the last step for that on labels), nor does a preview that nothing watches: they pass until something fails.
 *
 * Guardrails of a dry run are judged each by itself, and change neither. `inconclusive` otherwise; without evidence always.
 */
export function judge(plan: Plan, step: Step, evidence: Evidence, live: Live = NOT_LIVE): Verdict {
  const { judgement, weighed, fed } = weigh(plan, step, evidence, live);
  const logPass = -Math.log(plan.alpha.promotion);
  const verdicts = new Map(
    weighed.map((each) => [
      each.guardrail,
      assess({ ...each, step, logPass, pairsSeen: evidence.pairs }),
    ]),
  );
  const judged = (some: readonly Weighed[]): readonly Judged[] =>
    some.flatMap(({ guardrail }) => {
      const verdict = verdicts.get(guardrail);
      return verdict === undefined ? [] : [{ guardrail, verdict }];
    });
  const withheld = splitProblem(evidence);
  const decided = { judgement, guardrails: [...verdicts.values()], withheld };
  switch (judgement) {
    case "fail": {
      const deciding = weighed.filter(({ guardrail }) => !guardrail.dryRun);
      const reasons = failureReasons(judged(deciding), plan, live.trip);
      const tripped = live.trip === undefined ? {} : { isTripped: true };
      const unknown = { requestsNeeded: undefined, secondsNeeded: undefined };
      return { ...decided, reasons, ...unknown, ...tripped };
    }
    case "pass": {
      const reasons =
        fed.length === 0
          ? [`a ${step.kind} asks for no evidence, only that nothing fails`]
          : judged(fed).map(({ verdict }) => verdict.reason);
      return { ...decided, reasons, requestsNeeded: 0, secondsNeeded: 0 };
    }
    case "inconclusive":
      return { ...decided, ...whatIsMissing(step, judged(fed), { withheld, live }) };
    default:
      return judgement satisfies never;
  }
}

type Judged = { readonly guardrail: Guardrail; readonly verdict: GuardrailVerdict };

/** Why the candidate fails. */
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
  const logBad = logAgainst(
    deciding.map(({ guardrail, verdict }) => ({
      guardrail,
      logE: { bad: verdict.logEBad, good: verdict.logEGood },
    })),
  );
  const bySeverity = deciding
    .map(({ verdict }) => verdict)
    .toSorted((a, b) => b.logEBad - a.logEBad);
  const culprits = bySeverity.filter(({ judgement }) => judgement === "fail");
  const strength = `evidence against the candidate: ${odds(logBad)}, where ${odds(-Math.log(plan.alpha.rollback))} rolls back`;
  if (culprits.length > 0) {
    return [...culprits.map(({ reason }) => reason), strength];
  }
  const together = "no guardrail fails by itself, all together do";
  return [together, ...bySeverity.slice(0, 1).map(({ reason }) => reason), strength];
}

/** Why the split is not to be trusted, if it is not. */
function splitProblem(evidence: Evidence): string | undefined {
  if (!isSplitWrong(evidence)) {
    return undefined;
  }
  const { assignments } = evidence;
  const users = assignments.reduce((sum, { primary, candidate }) => sum + primary + candidate, 0);
  const candidate = assignments.reduce((sum, one) => sum + one.candidate, 0);
  const expected = assignments.reduce(
    (sum, one) => sum + ((one.primary + one.candidate) * one.candidateBp) / ALL_BP,
    0,
  );
  return `split: ${quantity(candidate)} of ${quantity(users)} users fell to the candidate, where ${percent(expected / users, 4)} was asked for (${odds(logSplitMismatch(assignments))}); until that is explained nothing is promoted`;
}

type Missing = Pick<Verdict, "reasons" | "requestsNeeded" | "secondsNeeded">;

function whatIsMissing(
  step: Step,
  fed: readonly Judged[],
  { withheld, live }: { readonly withheld: string | undefined; readonly live: Live },
): Missing {
  const unknown = { requestsNeeded: undefined, secondsNeeded: undefined };
  if (withheld !== undefined) {
    return { reasons: [withheld, ...fed.map(({ verdict }) => verdict.reason)], ...unknown };
  }
  if (fed.length === 0) {
    const nothing = "a shadow step brings only pairs, and no guardrail of the plan is on pairs";
    return { reasons: [nothing], ...unknown };
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
  const reasons = missing.map(({ reason }) => reason);
  const requestsNeeded = missing[0]?.requests ?? Number.POSITIVE_INFINITY;
  if (!Number.isFinite(requestsNeeded)) {
    return { reasons, ...unknown };
  }
  const { requestsPerSecond = 0 } = live;
  const secondsNeeded =
    requestsPerSecond === 0 ? undefined : Math.ceil(requestsNeeded / requestsPerSecond);
  return { reasons, requestsNeeded, secondsNeeded };
}
