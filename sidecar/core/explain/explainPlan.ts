import { isOnLabels, userRequests } from "../evidence/assess.ts";
import { emptyEvidence } from "../evidence/evidence.ts";
import { quantity, within } from "../evidence/sentence.ts";
import { judge } from "../judge.ts";
import { maturityAgeMs } from "../performance/maturity.ts";
import type { Guardrail, Plan } from "../plan/plan.ts";
import { minimumOf, type Step, sharesOf } from "../plan/step.ts";
import { stepText } from "../plan/stepText.ts";
import { ALL_BP, type BasisPoints } from "../traffic.ts";
import { NOT_LIVE, weigh } from "../weigh.ts";
import { brief, percent } from "../words.ts";
import { boundsOf, doesOf, minimumText } from "./planSentences.ts";
import { timeText } from "./time.ts";

/** A plan in plain sentences, before anything has happened. */
export type PlanExplanation = {
  readonly rollout: string;
  readonly primary: string;
  readonly candidate: string;
  readonly steps: readonly StepExplanation[];
  readonly guardrails: readonly GuardrailLimit[];
  /** What else holds it up, ends it or takes it back. */
  readonly bounds: readonly string[];
  /** About how long all steps take for a candidate as good as the primary, without people and gates; absent when it can't be said. */
  readonly seconds?: number;
};

/** One step: its traffic, what it must see, and about how long that takes. */
export type StepExplanation = {
  /** "canary 5%" */
  readonly step: string;
  readonly does: readonly string[];
  /** The guardrails that must pass before it ends. */
  readonly asks: readonly string[];
  /** Hooks in front of it and behind it, and what it must see besides. */
  readonly waitsFor: readonly string[];
  /** About how many user requests its guardrails need that no step before asks for, and how long it takes; absent when it can't be said. */
  readonly requests?: number;
  readonly seconds?: number;
};

/** What a guardrail allows, and its share of the chance of a false rollback. */
export type GuardrailLimit = {
  readonly name: string;
  readonly limit: string;
  /** Of `alpha.rollback`; 0 in a dry run. */
  readonly alpha: number;
  readonly dryRun: boolean;
};

/** Explains a plan, for so many user requests a second. The same words for the same plan. */
export function explainPlan(plan: Plan, requestsPerSecond: number): PlanExplanation {
  const asked = new Set<string>();
  const steps = plan.steps.map((step) => {
    const explained = explainStep(plan, step, { asked, requestsPerSecond });
    for (const name of explained.asks) {
      asked.add(name);
    }
    return explained;
  });
  const seconds = steps.reduce((sum, step) => sum + (step.seconds ?? Number.NaN), 0);
  return {
    rollout: plan.name,
    primary: plan.primary,
    candidate: plan.candidate,
    steps,
    guardrails: limitsOf(plan),
    bounds: boundsOf(plan),
    ...(Number.isFinite(seconds) && { seconds }),
  };
}

/** The explanation as people read it. */
export function planText(explained: PlanExplanation, requestsPerSecond: number): string {
  const { rollout, primary, candidate, steps, guardrails, bounds, seconds } = explained;
  const whole =
    seconds === undefined
      ? "How long it takes in all can't be said."
      : `In all about ${timeText(seconds * 1_000)} at ${quantity(requestsPerSecond)} user requests a second, if ${candidate} is as good as ${primary}; people and gates take what they take.`;
  return [
    `${rollout}: ${candidate} against ${primary}`,
    ...steps.flatMap((step, index) => [`  ${index + 1}. ${step.step}`, ...stepLines(step)]),
    "  guardrails",
    ...guardrails.map(({ name, limit, alpha, dryRun }) =>
      dryRun
        ? `    ${name}: ${limit}; only reports`
        : `    ${name}: ${limit}; takes ${brief(alpha, 3)} of the chance of a false rollback`,
    ),
    ...bounds.map((sentence) => `  ${sentence}`),
    `  ${whole}`,
  ].join("\n");
}

function stepLines({ does, asks, waitsFor, requests, seconds }: StepExplanation): string[] {
  const needs =
    requests === undefined || requests === 0
      ? []
      : [`${quantity(requests, "about")} user requests`];
  const lasts = seconds === undefined || seconds === 0 ? [] : [timeText(seconds * 1_000)];
  const takes = [...needs, ...lasts];
  return [
    ...does,
    ...(asks.length === 0 ? [] : [`must pass: ${asks.join(", ")}`]),
    ...waitsFor.map((what) => `waits for: ${what}`),
    ...(takes.length === 0 ? [] : [`takes about ${takes.join(", ")}`]),
  ].map((line) => `     ${line}`);
}

function explainStep(
  plan: Plan,
  step: Step,
  known: { readonly asked: ReadonlySet<string>; readonly requestsPerSecond: number },
): StepExplanation {
  const { fed } = weigh(plan, step, emptyEvidence(plan), NOT_LIVE);
  const guardrails = fed.map(({ guardrail }) => guardrail);
  const fresh = guardrails.filter(({ name }) => !known.asked.has(name));
  const requests = requestsFor(plan, step, fresh);
  const seconds = secondsFor(plan, step, { ...known, requests, fresh });
  return {
    step: stepText(step),
    does: doesOf(plan, step),
    asks: guardrails.map(({ name }) => name),
    waitsFor: [
      ...gateTexts(step.gates?.before, "before it"),
      ...minimumText(plan, step),
      ...testsText(plan, step, guardrails),
      ...gateTexts(step.gates?.after, "after it"),
      ...(step.kind === "pause" && step.approval ? ["somebody's approval"] : []),
    ],
    ...(requests !== undefined && { requests }),
    ...(seconds !== undefined && { seconds }),
  };
}

/** How many test requests that don't fail are enough. */
function testsText(plan: Plan, step: Step, asked: readonly Guardrail[]): readonly string[] {
  const { guardrails } = judge(plan, step, emptyEvidence(plan));
  return asked
    .filter(({ kind }) => kind === "tests")
    .flatMap(({ name }) => guardrails.find((one) => one.name === name)?.needed ?? [])
    .map((needed) => `about ${quantity(needed, "about")} test requests of which hardly any fails`);
}

function gateTexts(gates: readonly string[] = [], where: string): readonly string[] {
  return gates.map((gate) => `gate ${gate} ${where}`);
}

/** About how many user requests these guardrails need from nothing; undefined when it can't be said. */
function requestsFor(plan: Plan, step: Step, fresh: readonly Guardrail[]): number | undefined {
  const { guardrails } = judge(plan, step, emptyEvidence(plan));
  const each = fresh.map((guardrail) => {
    const needed = guardrails.find(({ name }) => name === guardrail.name)?.needed;
    return needed === undefined ? undefined : userRequests(step, guardrail, needed);
  });
  return each.reduce<number | undefined>(
    (most, one) => (most === undefined || one === undefined ? undefined : Math.max(most, one)),
    0,
  );
}

function secondsFor(
  plan: Plan,
  step: Step,
  known: {
    readonly requestsPerSecond: number;
    readonly requests: number | undefined;
    readonly fresh: readonly Guardrail[];
  },
): number | undefined {
  const { requests, requestsPerSecond } = known;
  const minimum = minimumOf(step);
  const { candidateBp, shadowBp } = sharesOf(step);
  const perSecond = (shareBp: BasisPoints): number => (requestsPerSecond * shareBp) / ALL_BP;
  const isTested = step.kind === "preview" && minimum.requests > 0;
  if (requests === undefined || isTested) {
    return undefined;
  }
  const labelsMs = known.fresh.some(isOnLabels) ? maturityAgeMs(plan) : 0;
  const seconds = Math.max(
    requests / requestsPerSecond + labelsMs / 1_000,
    minimum.timeMs / 1_000,
    minimum.pairs === 0 ? 0 : minimum.pairs / perSecond(shadowBp),
    minimum.requests === 0 ? 0 : minimum.requests / perSecond(candidateBp),
  );
  return Number.isFinite(seconds) ? Math.ceil(seconds) : undefined;
}

function limitsOf({ guardrails, alpha }: Plan): readonly GuardrailLimit[] {
  const deciding = guardrails.filter(({ dryRun }) => !dryRun);
  const total = deciding.reduce((sum, { weight }) => sum + weight, 0);
  return guardrails.map((guardrail) => ({
    name: guardrail.name,
    limit: `${subjectOf(guardrail)} ${within(guardrail)}`,
    alpha: guardrail.dryRun ? 0 : (alpha.rollback * guardrail.weight) / total,
    dryRun: guardrail.dryRun,
  }));
}

/** What a guardrail is about, in front of its limit. */
function subjectOf(guardrail: Guardrail): string {
  switch (guardrail.kind) {
    case "errorRate":
      return `failed ${guardrail.unit}s`;
    case "latency":
      return `${guardrail.unit}s slower than ${guardrail.slowerThanMs} ms`;
    case "slowdown":
      return "slower requests";
    case "tests":
      return "failed test requests";
    case "disagreement":
      return `pairs whose ${guardrail.of === "answer" ? "answers" : "predictions"} differ`;
    case "excess":
      return `answers that differ in ${percent(guardrail.noiseBp / ALL_BP)} of the requests, which the primary answers twice,`;
    case "score":
      return "the mean distance of scores";
    case "accuracy":
      return "labelled predictions";
    case "performance":
      return `${guardrail.metric} of labelled predictions`;
    default:
      return guardrail satisfies never;
  }
}
