import type { Plan } from "../plan/plan.ts";
import { sharesOf } from "../plan/step.ts";
import type { BasisPoints } from "../traffic.ts";
import { byCommand, byPlan, newTraffic, type Why } from "./because.ts";
import type { Command } from "./command.ts";
import type { RolloutEvent } from "./event.ts";
import { type Now, weightFrom } from "./hold.ts";
import type { RolloutState } from "./state.ts";

type Input = Now & { readonly generationInForce: number };

/** Whether users would go from a candidate that is ready to a primary that is not: only a person may ask for that. */
export function isRollbackHeld({ unready }: Pick<Now, "unready">): boolean {
  return unready?.primary !== undefined && unready.candidate === undefined;
}

/**
 * The first step back, for the reason given: to no weight at once, or down by one of the weights that it came up, where the plan says so. A
 * tripped breaker never waits.
 */
export function goBack(plan: Plan, state: RolloutState, why: Why, input: Input): RolloutEvent {
  const traffic = newTraffic(state, input);
  const candidateBp = input.verdict.isTripped === true ? undefined : nextDescent(plan, state);
  return candidateBp === undefined
    ? { kind: "rolled-back", ...why, ...traffic }
    : { kind: "rollback-stepped", candidateBp, ...why, ...traffic };
}

/** The next step of a rollback under way, once its time has come; at once when somebody asks, or the breaker has tripped. */
export function goOnBack(
  plan: Plan,
  state: RolloutState,
  input: Input & { readonly command?: Command | undefined },
): RolloutEvent | undefined {
  const { command, nowMs, verdict } = input;
  if (command?.kind === "rollback") {
    return { kind: "rolled-back", ...byCommand(command, input), ...newTraffic(state, input) };
  }
  const isDue = nowMs - state.decidedAtMs >= (plan.rollback?.everyMs ?? 0);
  return !isRollbackHeld(input) && (isDue || verdict.isTripped === true)
    ? goBack(plan, state, byPlan(state.reason, input), input)
    : undefined;
}

/** The greatest of the weights before the step under way that is below the present one; undefined when there is none, or all goes back at once. */
function nextDescent(plan: Plan, state: RolloutState): BasisPoints | undefined {
  if (plan.rollback === undefined) {
    return undefined;
  }
  const present = state.descentBp ?? weightFrom(plan, state);
  const below = plan.steps
    .slice(0, state.stepIndex)
    .map((step) => sharesOf(step).candidateBp)
    .filter((weight) => weight > 0 && weight < present);
  return below.length === 0 ? undefined : Math.max(...below);
}
