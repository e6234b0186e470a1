import { feeds, passOf } from "./evidence/assess.ts";
import { logSplitMismatch } from "./evidence/assignments.ts";
import { closedTest, logWeightedMean } from "./evidence/combine.ts";
import { type LogEValues, logEValues } from "./evidence/eValues.ts";
import { type Evidence, evidenceFor, type GuardrailEvidence } from "./evidence/evidence.ts";
import type { Live } from "./evidence/ingest.ts";
import type { Guardrail, Plan, Step } from "./plan/plan.ts";
import type { Judgement } from "./verdict.ts";

/** Chance that a split which is right is taken for a wrong one, in a whole rollout. */
const SPLIT_ALPHA = 0.001;

/** What is known of a rollout whose book is not open. */
export const NOT_LIVE: Live = { trip: undefined, requestsPerSecond: undefined };

/** The judgement of `judge`, without its words and estimates: a fraction of the work. */
export function judgementOf(
  plan: Plan,
  step: Step,
  evidence: Evidence,
  live: Live = NOT_LIVE,
): Judgement {
  return weigh(plan, step, evidence, live).judgement;
}

/** One guardrail with its e-values, and what they say. */
export type Weighed = {
  readonly guardrail: Guardrail;
  readonly known: GuardrailEvidence;
  readonly logE: LogEValues;
  readonly judgement: Judgement;
};

/** What all guardrails say, each by itself and together, and those that the step must pass. */
export function weigh(
  plan: Plan,
  step: Step,
  evidence: Evidence,
  { trip }: Live,
): {
  readonly judgement: Judgement;
  readonly weighed: readonly Weighed[];
  readonly fed: readonly Weighed[];
} {
  const logPass = -Math.log(plan.alpha.promotion);
  const logFail = -Math.log(plan.alpha.rollback);
  const scored = plan.guardrails.map((guardrail) => ({
    guardrail,
    known: evidenceFor(evidence.guardrails, guardrail.name),
    logE: logEValues(evidence, guardrail.name, guardrail.tolerance),
  }));
  const deciding = scored.filter(({ guardrail }) => !guardrail.dryRun);
  const weights = deciding.map(({ guardrail }) => guardrail.weight);
  const rejections = closedTest(
    deciding.map(({ logE }) => logE.bad),
    logFail,
    weights,
  );
  const weighed = scored.map((each) => {
    const { guardrail, logE } = each;
    const isRejected = guardrail.dryRun
      ? logE.bad >= logFail
      : rejections[deciding.indexOf(each)] === true;
    return { ...each, judgement: isRejected ? ("fail" as const) : passOf(logE, logPass) };
  });
  const isLast = step === plan.steps.at(-1);
  const fed = weighed.filter(
    ({ guardrail }) => !guardrail.dryRun && (isLast || feeds(step, guardrail)),
  );
  const isFailure = trip !== undefined || logAgainst(deciding) >= logFail;
  const isPass =
    fed.length > 0 && fed.every(({ judgement }) => judgement === "pass") && !isSplitWrong(evidence);
  const others = isPass ? "pass" : "inconclusive";
  return { judgement: isFailure ? "fail" : others, weighed, fed };
}

/** ln of the evidence against the candidate: the mean of all guardrails' by weight; none without any. */
function logAgainst(
  deciding: readonly { readonly guardrail: Guardrail; readonly logE: LogEValues }[],
): number {
  return deciding.length === 0
    ? Number.NEGATIVE_INFINITY
    : logWeightedMean(
        deciding.map(({ guardrail, logE }) => ({ logE: logE.bad, weight: guardrail.weight })),
      );
}

/** Whether users fell to the variants by other shares than the traffic asked for. */
export function isSplitWrong({ assignments }: Evidence): boolean {
  return logSplitMismatch(assignments) >= -Math.log(SPLIT_ALPHA);
}
