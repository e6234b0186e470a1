import type { Evidence } from "../evidence/evidence.ts";
import { formatDuration } from "../plan/duration.ts";
import type { Plan } from "../plan/plan.ts";
import { minimumOf, type Step } from "../plan/step.ts";
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
  /** Greatest generation that proxies are known to have for this name; 0 when none is. */
  readonly generationInForce: number;
  readonly command?: Command | undefined;
};

/**
 * Returns the one event that is due, or undefined. In this order: an ended rollout stays as it is; a failed verdict rolls
 * back, also while paused; a command is followed; a pass ends the step once its minimum is met. An inconclusive verdict
 * moves nothing, unless the plan's maximum has passed and says otherwise.
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
  if (verdict.judgement === "fail") {
    return { kind: "rolled-back", ...byEvidence(input), ...newTraffic(state, input) };
  }
  if (command !== undefined) {
    return commanded(state, command, input);
  }
  if (state.phase === "paused") {
    return undefined;
  }
  if (verdict.judgement !== "pass" || !isMinimumMet(stepAt(plan, state.stepIndex), state, input)) {
    return overdue(plan, state, input);
  }
  const stepIndex = state.stepIndex + 1;
  const end = { ...byEvidence(input), ...newTraffic(state, input) };
  return stepIndex < plan.steps.length
    ? { kind: "step-advanced", stepIndex, ...end }
    : { kind: "promoted", ...end };
}

/** What becomes of a rollout that is undecided after its plan's maximum; an untrusted split is never promoted. */
function overdue(plan: Plan, state: RolloutState, input: DecideInput): RolloutEvent | undefined {
  const { maximum } = plan;
  if (maximum === undefined || input.nowMs - state.startedAtMs < maximum.timeMs) {
    return undefined;
  }
  const { atMs, reason: missing, ...cause } = byEvidence(input);
  const reason = `undecided after ${formatDuration(maximum.timeMs)}: ${missing}`;
  const end = { atMs, reason, ...cause, ...newTraffic(state, input) };
  switch (maximum.outcome) {
    case "hold":
      return undefined;
    case "rollback":
      return { kind: "rolled-back", ...end };
    case "promote":
      return input.verdict.withheld === undefined ? { kind: "promoted", ...end } : undefined;
    default:
      return maximum.outcome satisfies never;
  }
}

/** Whether a step has seen what it must see before it may end, counted from its beginning. */
export function isMinimumMet(
  step: Step,
  state: RolloutState,
  now: { readonly nowMs: number; readonly evidence: Evidence },
): boolean {
  const minimum = minimumOf(step);
  const pairs = now.evidence.pairs - state.stepStartCounts.pairs;
  const requests = now.evidence.requests.candidate - state.stepStartCounts.requests;
  const timeMs = now.nowMs - state.stepStartedAtMs;
  return pairs >= minimum.pairs && requests >= minimum.requests && timeMs >= minimum.timeMs;
}

function commanded(
  state: RolloutState,
  command: Command,
  input: DecideInput,
): RolloutEvent | undefined {
  const cause: Cause = { kind: "command", by: command.by };
  const asked = `asked by ${command.by}`;
  const reason = command.reason === "" ? asked : `${command.reason} (${asked})`;
  const common = { atMs: input.nowMs, reason, cause, evidence: input.evidence };
  switch (command.kind) {
    case "promote":
      return { kind: "promoted", ...common, ...newTraffic(state, input) };
    case "rollback":
      return { kind: "rolled-back", ...common, ...newTraffic(state, input) };
    case "pause":
      return state.phase === "paused" ? undefined : { kind: "paused", ...common };
    case "resume":
      return state.phase === "paused" ? { kind: "resumed", ...common } : undefined;
    case "approve":
    case "delete":
      return undefined;
    default:
      return command.kind satisfies never;
  }
}

function byEvidence(input: DecideInput): {
  readonly atMs: number;
  readonly reason: string;
  readonly cause: Cause;
  readonly evidence: Evidence;
} {
  const { verdict } = input;
  const reason = verdict.reasons[0] ?? `every guardrail says ${verdict.judgement}`;
  return {
    atMs: input.nowMs,
    reason,
    cause: { kind: "evidence", verdict },
    evidence: input.evidence,
  };
}

function newTraffic(state: RolloutState, input: DecideInput): { readonly generation: number } {
  return { generation: Math.max(state.generation, input.generationInForce) + 1 };
}
