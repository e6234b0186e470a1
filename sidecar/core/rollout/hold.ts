import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import { type Minimum, minimumOf, type Step, sharesOf } from "../plan/step.ts";
import { ALL_BP, type BasisPoints } from "../traffic.ts";
import type { Verdict } from "../verdict.ts";
import { closedBy } from "./openness.ts";
import type { RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";
import { servedStep } from "./trafficOf.ts";
import { gatesBefore, nextStep } from "./transition.ts";

/** Why a variant can't take users now, one sentence each; absent for one that can, or of which nobody asks. */
export type Unready = { readonly primary?: string; readonly candidate?: string };

/** What is known at the time of a decision. */
export type Now = {
  /** Unix time; never before the state's last event. */
  readonly nowMs: number;
  readonly evidence: Evidence;
  /** What `judge` says of the step under way on that evidence. */
  readonly verdict: Verdict;
  /** Which variants answer that they are not ready; none when absent. */
  readonly unready?: Unready | undefined;
};

/** Whether the step under way has seen all that it must; one that waits for an approval still does. */
export function isStepDone(plan: Plan, state: RolloutState, now: Now): boolean {
  if (state.isWaiting) {
    return true;
  }
  const step = stepAt(plan, state.stepIndex);
  return now.verdict.judgement === "pass" && isMinimumMet(step, state, now);
}

/** Whether a person or a pipeline must approve before the rollout goes on. */
export function needsApproval(plan: Plan, state: RolloutState): boolean {
  const step = stepAt(plan, state.stepIndex);
  return state.isWaiting !== true && step.kind === "pause" && step.approval;
}

/** Whether the step under way waits for no evidence, but for people or for the clock. */
export function isForTime(plan: Plan, state: RolloutState, nowMs: number): boolean {
  const step = stepAt(plan, state.stepIndex);
  const isTimed = step.kind === "pause" || step.kind === "switch";
  const isOver = nowMs - state.stepStartedAtMs >= minimumOf(step).timeMs;
  return isTimed && (!isOver || needsApproval(plan, state));
}

/** Whether a step has seen what it must see before it may end, counted from its beginning. */
export function isMinimumMet(
  step: Step,
  state: RolloutState,
  now: Pick<Now, "nowMs" | "evidence">,
): boolean {
  const { pairs, requests, timeMs } = missingOf(step, state, now);
  return pairs === 0 && requests === 0 && timeMs === 0;
}

/** What a step must still see before it may end; nothing below 0. */
export function missingOf(
  step: Step,
  state: RolloutState,
  { evidence, nowMs }: Pick<Now, "nowMs" | "evidence">,
): Minimum {
  const minimum = minimumOf(step);
  const before = state.stepStartCounts;
  const requests =
    step.kind === "preview"
      ? (evidence.tests ?? 0) - (before.tests ?? 0)
      : evidence.requests.candidate - before.requests;
  return {
    pairs: Math.max(0, minimum.pairs - (evidence.pairs - before.pairs)),
    requests: Math.max(0, minimum.requests - requests),
    timeMs: Math.max(0, minimum.timeMs - (nowMs - state.stepStartedAtMs)),
  };
}

/** Why the next step may not begin though the one under way is done, one sentence; undefined when it may. */
export function holdOf(plan: Plan, state: RolloutState, now: Now): string | undefined {
  const outside = shiftHold(plan, state, { ...now, toStep: nextStep(state) });
  if (outside !== undefined) {
    return outside;
  }
  const { failed, passed = [] } = state.gates ?? {};
  if (failed !== undefined) {
    return `gate ${failed.gate} failed: ${failed.reason}`;
  }
  const missing = gatesBefore(plan, state).filter((gate) => !passed.includes(gate));
  return missing.length === 0 ? undefined : `waiting for gate ${missing.join(", then ")}`;
}

/** Why the rollout may not go on to a step (the number of steps for the promotion), gates aside. */
export function shiftHold(
  plan: Plan,
  state: RolloutState,
  now: Pick<Now, "nowMs" | "unready"> & { readonly toStep: number },
): string | undefined {
  const closed = plan.schedule && closedBy(plan.schedule, now.nowMs);
  const isRaised = weightFrom(plan, { stepIndex: now.toStep }) > weightFrom(plan, state);
  return closed ?? (isRaised ? now.unready?.candidate : undefined);
}

/** The candidate's weight in a step, or while the first is waited for; all users from the end of the steps on. */
export function weightFrom(
  plan: Plan,
  at: Pick<RolloutState, "isWaiting" | "stepIndex">,
): BasisPoints {
  if (at.stepIndex >= plan.steps.length) {
    return ALL_BP;
  }
  const step = servedStep(plan, at);
  return step === undefined ? 0 : sharesOf(step).candidateBp;
}
