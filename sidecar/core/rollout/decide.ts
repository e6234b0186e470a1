import type { Evidence } from "../evidence/evidence.ts";
import type { Plan, Step } from "../plan/plan.ts";
import type { Verdict } from "../verdict.ts";
import type { Command } from "./command.ts";
import type { Cause, RolloutEvent } from "./event.ts";
import { isFinal, type RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";

/** What a decision is made on. */
export type DecideInput = {
  /** Unix time; never before the state's last event. */
  readonly nowMs: number;
  readonly evidence: Evidence;
  /** What `judge` says of the step under way on that evidence. */
  readonly verdict: Verdict;
  readonly command?: Command | undefined;
};

/**
 * Returns the one event that is due, or undefined. In this order: an ended rollout stays as it is; a failed verdict rolls
 * back, also while paused; a command is followed; a pass ends the step once its minimum is met. An inconclusive verdict
 * moves nothing.
 */
export function decide(
  plan: Plan,
  state: RolloutState,
  input: DecideInput,
): RolloutEvent | undefined {
  if (isFinal(state)) {
    return undefined;
  }
  const { verdict, command } = input;
  const common = { atMs: input.nowMs, evidence: input.evidence };
  if (verdict.judgement === "fail") {
    const cause: Cause = { kind: "evidence", verdict };
    return { kind: "rolled-back", reason: firstReason(verdict), cause, ...common };
  }
  if (command !== undefined) {
    return commanded(state, command, common);
  }
  if (state.phase === "paused" || verdict.judgement !== "pass") {
    return undefined;
  }
  if (!isMinimumMet(stepAt(plan, state.stepIndex), state, input)) {
    return undefined;
  }
  const cause: Cause = { kind: "evidence", verdict };
  const end = { reason: firstReason(verdict), cause, ...common };
  const stepIndex = state.stepIndex + 1;
  return stepIndex < plan.steps.length
    ? { kind: "step-advanced", stepIndex, ...end }
    : { kind: "promoted", ...end };
}

/** Whether a step has seen what it must see before it may end, counted from its beginning. */
export function isMinimumMet(
  step: Step,
  state: RolloutState,
  now: { readonly nowMs: number; readonly evidence: Evidence },
): boolean {
  const { minimum } = step;
  const pairs = now.evidence.pairs - state.stepStartCounts.pairs;
  const requests = now.evidence.requests.candidate - state.stepStartCounts.requests;
  const timeMs = now.nowMs - state.stepStartedAtMs;
  return pairs >= minimum.pairs && requests >= minimum.requests && timeMs >= minimum.timeMs;
}

function commanded(
  state: RolloutState,
  command: Command,
  common: { readonly atMs: number; readonly evidence: Evidence },
): RolloutEvent | undefined {
  const cause: Cause = { kind: "command", by: command.by };
  const reason = command.reason === "" ? `asked by ${command.by}` : command.reason;
  switch (command.kind) {
    case "promote":
      return { kind: "promoted", reason, cause, ...common };
    case "rollback":
      return { kind: "rolled-back", reason, cause, ...common };
    case "pause":
      return state.phase === "paused" ? undefined : { kind: "paused", reason, cause, ...common };
    case "resume":
      return state.phase === "paused" ? { kind: "resumed", reason, cause, ...common } : undefined;
    default:
      return command.kind satisfies never;
  }
}

function firstReason(verdict: Verdict): string {
  return verdict.reasons[0] ?? `every guardrail says ${verdict.judgement}`;
}
