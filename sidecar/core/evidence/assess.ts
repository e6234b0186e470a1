import type { Guardrail } from "../plan/plan.ts";
import { type Step, sharesOf } from "../plan/step.ts";
import { ALL_BP } from "../traffic.ts";
import type { GuardrailVerdict, Judgement } from "../verdict.ts";
import { meanOf } from "./boundedMean.ts";
import type { Count } from "./count.ts";
import { edgesOf, type LogEValues } from "./eValues.ts";
import type { GuardrailEvidence } from "./evidence.ts";
import { excessesNeeded, worstSlot } from "./excess.ts";
import { isLabelled, labelsNeeded } from "./labelled.ts";
import { pairsNeeded, requestsNeeded } from "./needed.ts";
import { beyond, figures, quantity, unitOf, within } from "./sentence.ts";

/** One guardrail at one look: what is known of it, and what that is worth. */
export type Assessed = {
  readonly guardrail: Guardrail;
  readonly known: GuardrailEvidence;
  /** Pairs seen, also those that the guardrail could not decide. */
  readonly pairsSeen: number;
  readonly logE: LogEValues;
  readonly judgement: Judgement;
  readonly step: Step;
  /** What `logE.good` must reach. */
  readonly logPass: number;
  /** Why the labels of a guardrail on labels are not to be trusted; undefined when they are. */
  readonly distrust?: string | undefined;
};

/** A pass is withheld from this evidence against the candidate on: what passed by its past may be breaking now. */
const LOG_AGAINST_MAX = Math.LN2;

/**
 * Whether a step's traffic can be evidence for a guardrail: in a shadow step there are only pairs, and labels for them, in a preview test
 * requests, and pairs where it copies any. A pause looks for none, and after a switch no users are left to compare with.
 */
export function feeds(step: Step, guardrail: Guardrail): boolean {
  switch (step.kind) {
    case "shadow":
      return isOnPairs(guardrail) || isOnLabels(guardrail);
    case "canary":
      return guardrail.kind !== "tests";
    case "preview":
      return guardrail.kind === "tests" || (step.shadowBp > 0 && isOnPairs(guardrail));
    case "switch":
      return isOnLabels(guardrail) || (step.shadowBp > 0 && isOnPairs(guardrail));
    case "pause":
      return false;
    default:
      return step satisfies never;
  }
}

/** Whether a guardrail judges predictions by labels, which come late and by a clock of their own. */
export function isOnLabels({ kind }: Guardrail): boolean {
  return kind === "accuracy" || kind === "performance";
}

/** Whether a guardrail judges pairs, not user requests. */
export function isOnPairs({ kind }: Guardrail): boolean {
  return kind === "disagreement" || kind === "score" || kind === "excess";
}

/** The verdict on one guardrail, in figures and words. */
export function assess(assessed: Assessed): GuardrailVerdict {
  const { guardrail, known, logE, judgement } = assessed;
  const needed = judgement === "pass" ? 0 : neededFor(assessed);
  return {
    name: guardrail.name,
    judgement,
    logEBad: logE.bad,
    logEGood: logE.good,
    reason: `${guardrail.name}${guardrail.dryRun ? " (dry run)" : ""}: ${figures(assessed)}; ${conclusion(assessed, { judgement, needed })}`,
    ...observed(known),
    needed,
    dryRun: guardrail.dryRun,
  };
}

/** About how many user requests a step takes to bring `needed` pairs or candidate requests; undefined when it never does. */
export function userRequests(step: Step, guardrail: Guardrail, needed: number): number | undefined {
  if (needed === 0) {
    return 0;
  }
  const shareBp = pairsBp(step, guardrail);
  return shareBp === 0 ? undefined : Math.ceil((needed * ALL_BP) / shareBp);
}

/** Share of requests that are evidence for a guardrail. */
function pairsBp(step: Step, guardrail: Guardrail): number {
  const { candidateBp, shadowBp } = sharesOf(step);
  if (guardrail.kind === "tests") {
    return 0;
  }
  if (guardrail.kind === "excess") {
    return Math.min(shadowBp, guardrail.noiseBp);
  }
  if (isOnLabels(guardrail)) {
    return Math.max(shadowBp, candidateBp);
  }
  return isOnPairs(guardrail) ? shadowBp : candidateBp;
}

/** Whether a guardrail that does not fail passes: by much evidence for the candidate, and hardly any against it. */
export function passOf(logE: LogEValues, logPass: number): "pass" | "inconclusive" {
  return logE.good >= logPass && !speaksAgainst(logE) ? "pass" : "inconclusive";
}

function speaksAgainst({ bad }: LogEValues): boolean {
  return bad >= LOG_AGAINST_MAX;
}

function neededFor({ guardrail, known, step, logPass, logE }: Assessed): number | undefined {
  if (speaksAgainst(logE)) {
    return undefined;
  }
  const { tolerance } = guardrail;
  const seen = countedIn(known);
  if (seen !== undefined) {
    return pairsNeeded(seen, { tolerance, logLimit: logPass });
  }
  if (known.kind === "excess") {
    return excessesNeeded(known.excesses, { margin: tolerance, logLimit: logPass });
  }
  if (isLabelled(known)) {
    return labelsNeeded(known, { tolerance, logLimit: logPass });
  }
  const { candidateBp: weightBp } = sharesOf(step);
  if (!("margin" in guardrail) || weightBp === 0) {
    return undefined;
  }
  const goal = {
    margin: guardrail.margin,
    tolerance,
    logLimit: logPass,
    primaryPerCandidate: (ALL_BP - weightBp) / weightBp,
    frequency: "frequency" in guardrail ? guardrail.frequency : "rare",
  } as const;
  if (known.kind === "rate") {
    return requestsNeeded(known, goal);
  }
  const edges = known.kind === "slowdown" ? edgesOf(known) : [];
  const needed = edges.map((edge) => requestsNeeded(edge, goal) ?? Number.POSITIVE_INFINITY);
  const most = Math.max(...needed);
  return Number.isFinite(most) ? most : undefined;
}

/** What is known where it is a count of what is against the candidate, or as good as one. */
function countedIn(known: GuardrailEvidence): Count | undefined {
  switch (known.kind) {
    case "pair":
      return known.pairs;
    case "tests":
      return known.tests;
    case "score": {
      // Of all scores with this mean those that are 0 or 1 take longest.
      const { n, mean = 0 } = meanOf(known.scores);
      return { n, k: n * mean };
    }
    default:
      return undefined;
  }
}

function conclusion(
  assessed: Assessed,
  found: { readonly judgement: Judgement; readonly needed: number | undefined },
): string {
  const { guardrail, step, logE, logPass } = assessed;
  if (found.judgement === "fail") {
    return beyond(guardrail);
  }
  if (found.judgement === "pass") {
    return within(guardrail);
  }
  if (assessed.distrust !== undefined) {
    return assessed.distrust;
  }
  if (!feeds(step, guardrail)) {
    return `a ${step.kind}${step.kind === "shadow" ? " step" : ""} sends it no request to judge`;
  }
  if (logE.good >= logPass) {
    return `${within(guardrail)} so far, but no longer since the traffic last changed`;
  }
  if (found.needed === undefined) {
    return `at this rate it will not be shown to be ${within(guardrail)}`;
  }
  return `about ${quantity(found.needed, "about")} more ${countedBy(guardrail)} needed`;
}

function countedBy(guardrail: Guardrail): string {
  if (isOnLabels(guardrail)) {
    return "labelled predictions";
  }
  if (guardrail.kind === "tests") {
    return "test requests";
  }
  return isOnPairs(guardrail) ? "pairs" : `candidate ${unitOf(guardrail)}s`;
}

function observed(known: GuardrailEvidence): Pick<GuardrailVerdict, "primary" | "candidate"> {
  switch (known.kind) {
    case "pair":
      return { primary: undefined, candidate: rate(known.pairs) };
    case "tests":
      return { primary: undefined, candidate: rate(known.tests) };
    case "rate":
      return { primary: rate(known.primary), candidate: rate(known.candidate) };
    case "excess": {
      const { worse, better } = worstSlot(known.excesses);
      const { n } = known.excesses;
      return { primary: undefined, candidate: n === 0 ? undefined : (worse - better) / n };
    }
    case "score":
      return { primary: undefined, candidate: meanOf(known.scores).mean };
    case "accuracy":
      return { primary: right(known.wrong.primary), candidate: right(known.wrong.candidate) };
    case "performance":
      return { primary: undefined, candidate: right(known.events) };
    case "slowdown":
      return { primary: undefined, candidate: undefined };
    default:
      return known satisfies never;
  }
}

function right({ n, k }: Count): number | undefined {
  return rate({ n, k: n - k });
}

function rate({ n, k }: Count): number | undefined {
  return n === 0 ? undefined : k / n;
}
