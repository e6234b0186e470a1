import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";

/** Why a plan can't be simulated, one sentence; undefined when it can. */
export function whyNotSimulated({ steps, guardrails }: Plan): string | undefined {
  const previews = steps.filter((step) => step.kind === "preview");
  const isJudged = guardrails.some(({ kind, dryRun }) => kind === "tests" && !dryRun);
  const isCounted = previews.some(({ minimum }) => minimum.requests > 0);
  return previews.length > 0 && (isJudged || isCounted)
    ? "a preview that waits for test requests can't be simulated: nobody knows when testers come; leave it, and the guardrail tests, out"
    : undefined;
}

/**
 * The plan as a simulation plays it, whose clock is nobody's: variants are always ready, it is never closed, gates pass and people approve as
 * soon as they are asked.
 */
export function simulatedPlan(plan: Plan): Plan {
  const { schedule: _schedule, readiness: _readiness, ...rest } = plan;
  return { ...rest, steps: plan.steps.map(withoutPeople) };
}

function withoutPeople({ gates: _gates, ...step }: Step): Step {
  return step.kind === "pause" ? { ...step, approval: false } : step;
}
