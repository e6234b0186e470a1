import type { Plan } from "../plan/plan.ts";
import { minimumOf } from "../plan/step.ts";
import { holdOf, isMinimumMet, type Now, needsApproval, shiftHold } from "./hold.ts";
import type { RequestKey } from "./requestKey.ts";
import { isFinal, type RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";

/** What a person or a pipeline asks of a rollout. */
export type Command = {
  readonly kind: "promote" | "rollback" | "pause" | "resume" | "approve" | "delete";
  /** Who asks. */
  readonly by: string;
  /** Why, in the asker's words; "" when nothing was said. */
  readonly reason: string;
  /** The caller's own name of the request; absent when none was given. */
  readonly key?: RequestKey;
};

/**
 * Why the rollout can't take the command, or undefined when it can. One that has ended can only be deleted, and one that goes back can only be
 * rolled back at once. Nobody's word sends users to a candidate that is not ready, or past the plan's schedule.
 */
export function refusal(
  plan: Plan,
  state: RolloutState,
  command: Pick<Command, "kind">,
  now: Now,
): string | undefined {
  const why = whyNot(plan, state, command, now);
  return why && `cannot ${command.kind}: ${why}`;
}

function whyNot(
  plan: Plan,
  state: RolloutState,
  { kind }: Pick<Command, "kind">,
  now: Now,
): string | undefined {
  if (kind === "delete") {
    return isFinal(state) ? undefined : "the rollout is under way: roll it back first";
  }
  if (isFinal(state)) {
    return `the rollout has ended (${state.phase}: ${state.reason})`;
  }
  if (kind === "rollback") {
    return undefined;
  }
  if (state.phase === "rolling-back") {
    return `the rollout is rolling back (${state.reason})`;
  }
  switch (kind) {
    case "promote":
      return shiftHold(plan, state, { ...now, toStep: plan.steps.length });
    case "approve":
      return whyNotApproved(plan, state, now);
    case "pause":
    case "resume":
      return undefined;
    default:
      return kind satisfies never;
  }
}

/** An approval comes last: what else a pause asks for, and what its next step asks for, must be there. */
function whyNotApproved(plan: Plan, state: RolloutState, now: Now): string | undefined {
  if (!needsApproval(plan, state)) {
    return "no approval is waited for";
  }
  if (state.phase === "paused") {
    return "the rollout is paused: resume it first";
  }
  const step = stepAt(plan, state.stepIndex);
  return isMinimumMet(step, state, now)
    ? holdOf(plan, state, now)
    : `the pause lasts at least ${minimumOf(step).timeMs / 1_000} s`;
}
