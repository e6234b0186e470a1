import type { Guardrail, Plan } from "../plan/plan.ts";
import { metricOf } from "./labels.ts";
import { slowdownRates } from "./latency.ts";
import { differingShare, excessShare, jointFailures } from "./pairs.ts";
import type { Truth } from "./truth.ts";

/** Of differences: 0.92 is 0.02 below 0.94. */
const ROUNDING = 1e-12;

/** The plan's guardrails beyond whose limits the candidate truly is: none when a rollback would be false, some when a promotion would be. */
export function brokenGuardrails(plan: Plan, truth: Truth): readonly Guardrail[] {
  return plan.guardrails.filter((guardrail) => isBroken(guardrail, truth));
}

function isBroken(guardrail: Guardrail, truth: Truth): boolean {
  switch (guardrail.kind) {
    case "tests":
      return false;
    case "disagreement":
    case "score":
      return disagreementRate(truth) > guardrail.tolerance;
    case "excess":
      return excessShare(truth) > guardrail.tolerance;
    case "accuracy":
      return truth.accuracy.primary - truth.accuracy.candidate > guardrail.tolerance + ROUNDING;
    case "performance":
      return metricOf(guardrail.metric, truth) < guardrail.floor - ROUNDING;
    case "errorRate":
      return isBeyond(truth.errorRate, guardrail);
    case "latency":
      return isBeyond(truth.slowRate, guardrail);
    case "slowdown":
      return slowdownRates(truth).some((rates) => isBeyond(rates, guardrail));
    default:
      return guardrail satisfies never;
  }
}

function isBeyond(
  rate: { readonly primary: number; readonly candidate: number },
  limits: { readonly margin: number; readonly tolerance: number },
): boolean {
  return rate.candidate > Math.max(limits.margin * rate.primary, limits.tolerance);
}

/** Share of disagreeing pairs among those that count: all but those in which both variants failed. */
function disagreementRate(truth: Truth): number {
  const { both, own, other } = jointFailures(truth, "primary");
  const neither = 1 - both - own - other;
  return both >= 1 ? 0 : (own + other + neither * differingShare(truth)) / (1 - both);
}
