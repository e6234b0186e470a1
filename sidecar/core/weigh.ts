import { feeds, isOnLabels, passOf } from "./evidence/assess.ts";
import { logSplitMismatch } from "./evidence/assignments.ts";
import { closedTest, logWeightedMean } from "./evidence/combine.ts";
import { type LogEValues, logEValues } from "./evidence/eValues.ts";
import { type Evidence, evidenceFor, type GuardrailEvidence } from "./evidence/evidence.ts";
import type { Live } from "./evidence/ingest.ts";
import { coverageProblem, isLabelled } from "./evidence/labelled.ts";
import type { Guardrail, Plan } from "./plan/plan.ts";
import type { Step } from "./plan/step.ts";
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
  /** Why the labels of a guardrail on labels are not to be trusted: then they decide nothing. */
  readonly distrust: string | undefined;
};

/** What all guardrails say, each by itself and together, and `fed`: those that the step must pass. */
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
  const scored = plan.guardrails.map((guardrail) => {
    const known = evidenceFor(evidence.guardrails, guardrail.name);
    const distrust = distrustOf(plan, known);
    const logE = logEValues(evidence, guardrail.name, guardrail.tolerance);
    return {
      guardrail,
      known,
      distrust,
      logE: distrust === undefined ? logE : withoutWeight(logE),
    };
  });
  const deciding = scored.filter(({ guardrail }) => !guardrail.dryRun);
  const rejected = culprits(deciding, logFail);
  const weighed = scored.map((each) => {
    const { distrust, guardrail, logE } = each;
    const isRejected = guardrail.dryRun ? logE.bad >= logFail : rejected.has(each);
    const others = distrust === undefined ? passOf(logE, logPass) : "inconclusive";
    return { ...each, judgement: isRejected ? ("fail" as const) : others };
  });
  const fed = askedBy(
    plan,
    step,
    weighed.filter(({ guardrail }) => !guardrail.dryRun),
  );
  const isFailure = trip !== undefined || logAgainst(deciding) >= logFail;
  const isPass =
    (fed.length > 0 || mayGoWithout(step)) &&
    fed.every(({ judgement }) => judgement === "pass") &&
    !isSplitWrong(evidence);
  const others = isPass ? "pass" : "inconclusive";
  return { judgement: isFailure ? "fail" : others, weighed, fed };
}

/**
 * Those that a step must pass. The last one (pauses aside) all; others only what they can feed, and no labels unless there is nothing else, as
 * labels may come long after all else is known. A switch only those on labels, as no user is left at the primary to compare with; a pause none.
 */
function askedBy(plan: Plan, step: Step, deciding: readonly Weighed[]): readonly Weighed[] {
  const isLast = step === plan.steps.findLast(({ kind }) => kind !== "pause");
  const fed = deciding.filter(({ guardrail }) => feeds(step, guardrail));
  switch (step.kind) {
    case "pause":
      return [];
    case "preview":
      return fed;
    case "switch":
      return isLast ? deciding.filter(({ guardrail }) => isOnLabels(guardrail)) : [];
    case "shadow":
    case "canary": {
      const prompt = fed.filter(({ guardrail }) => !isOnLabels(guardrail));
      const some = prompt.length === 0 ? fed : prompt;
      return isLast ? deciding : some;
    }
    default:
      return step satisfies never;
  }
}

/** Whether a step may end without any evidence: a pause, a switch, and a preview that nothing watches but its gates or an approval. */
function mayGoWithout({ kind }: Step): boolean {
  return kind === "pause" || kind === "switch" || kind === "preview";
}

type Scored = Pick<Weighed, "guardrail" | "logE">;

/**
 * What the guardrails say together. Those that grow by the same batches share a clock, and the mean of their e-values by weight is one too.
 * Labels come by another clock: a mean with theirs would have no guarantee when one clock tells what the other is about to count. So each
 * clock spends its share of alpha by itself, as its weights are of all weights: all together err at most as often as alpha says.
 */
function byClock(deciding: readonly Scored[]): readonly (readonly Scored[])[] {
  return [false, true]
    .map((labels) => deciding.filter(({ guardrail }) => isOnLabels(guardrail) === labels))
    .filter((members) => members.length > 0);
}

/** ln of the evidence against the candidate: the most that a clock's guardrails say, by their share of all weights; none without any. */
export function logAgainst(deciding: readonly Pick<Weighed, "guardrail" | "logE">[]): number {
  const total = Math.log(weightOf(deciding));
  return byClock(deciding).reduce(
    (most, members) =>
      Math.max(
        most,
        logWeightedMean(members.map(toHypothesis)) + Math.log(weightOf(members)) - total,
      ),
    Number.NEGATIVE_INFINITY,
  );
}

/** The guardrails that are beyond their limits each for itself, by closed testing at its clock's share of alpha. */
function culprits(deciding: readonly Scored[], logFail: number): ReadonlySet<Scored> {
  const total = weightOf(deciding);
  return new Set(
    byClock(deciding).flatMap((members) => {
      const hypotheses = members.map(toHypothesis);
      const rejections = closedTest(
        hypotheses.map(({ logE }) => logE),
        logFail + Math.log(total / weightOf(members)),
        hypotheses.map(({ weight }) => weight),
      );
      return members.filter((_, index) => rejections[index] === true);
    }),
  );
}

function toHypothesis({ guardrail, logE }: Scored): {
  readonly logE: number;
  readonly weight: number;
} {
  return { logE: logE.bad, weight: guardrail.weight };
}

function weightOf(deciding: readonly Scored[]): number {
  return deciding.reduce((sum, { guardrail }) => sum + guardrail.weight, 0);
}

/** Labels that are missing too often, or unequally, may be no fair sample: they speak for neither side. */
function withoutWeight({ bad, good }: LogEValues): LogEValues {
  return { bad: Math.min(0, bad), good: Math.min(0, good) };
}

function distrustOf({ labels }: Plan, known: GuardrailEvidence): string | undefined {
  return labels !== undefined && isLabelled(known) ? coverageProblem(known, labels) : undefined;
}

/** Whether users fell to the variants by other shares than the traffic asked for. */
export function isSplitWrong({ assignments }: Evidence): boolean {
  return logSplitMismatch(assignments) >= -Math.log(SPLIT_ALPHA);
}
