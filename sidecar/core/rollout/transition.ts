import type { Plan } from "../plan/plan.ts";
import type { RolloutState } from "./state.ts";

/** The step that a rollout under way would begin next, from 0; as many as there are steps when that is the promotion. */
export function nextStep({
  isWaiting,
  stepIndex,
}: Pick<RolloutState, "isWaiting" | "stepIndex">): number {
  return isWaiting ? stepIndex : stepIndex + 1;
}

/** Whether something in the plan may hold its first step: then a rollout starts without traffic. */
export function mayHoldStart({ steps, readiness, schedule }: Plan): boolean {
  const gates = steps[0]?.gates?.before ?? [];
  return gates.length > 0 || readiness !== undefined || schedule !== undefined;
}

/** The gates before the next step, in the order in which they are asked. */
export function gatesBefore(plan: Plan, state: RolloutState): readonly string[] {
  const toStep = nextStep(state);
  const after = state.isWaiting ? [] : (plan.steps[toStep - 1]?.gates?.after ?? []);
  return [...after, ...(plan.steps[toStep]?.gates?.before ?? [])];
}
