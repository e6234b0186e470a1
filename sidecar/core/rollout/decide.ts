import { formatDuration } from "../plan/duration.ts";
import type { Plan } from "../plan/plan.ts";
import { byCommand, byEvidence, byGate, byPlan, newTraffic, type Why } from "./because.ts";
import { type Command, refusal } from "./command.ts";
import { dueGate, type GateAnswer } from "./dueGate.ts";
import type { RolloutEvent } from "./event.ts";
import { goBack, goOnBack, isRollbackHeld } from "./goBack.ts";
import { holdOf, isForTime, isStepDone, type Now, needsApproval, shiftHold } from "./hold.ts";
import { isFinal, type RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";
import { nextStep } from "./transition.ts";

/** What a decision is made on. */
export type DecideInput = Now & {
  /** Greatest generation that proxies are known to have for this name; 0 when none is. */
  readonly generationInForce: number;
  readonly command?: Command | undefined;
  /** What a gate has answered that `dueGate` had named. */
  readonly gate?: GateAnswer | undefined;
};

/**
 * Returns the one event that is due, or undefined. In this order: an ended rollout stays as it is, but for being deleted; one that goes back
 * goes on back; a failed verdict rolls back, also while paused, unless the primary is known not to be ready while the candidate is; a command
 * is followed; a failed gate rolls back if it means that; a gate's answer is taken; the step ends once its guardrails pass and its minimum is
 * met, when the schedule, the candidate's readiness and the gates allow it. An inconclusive verdict moves nothing, unless the plan's maximum
 * has passed and says otherwise.
 */
export function decide(
  plan: Plan,
  state: RolloutState,
  input: DecideInput,
): RolloutEvent | undefined {
  const { verdict, command } = input;
  if (isFinal(state)) {
    return deleted(state, input);
  }
  if (state.phase === "rolling-back") {
    return goOnBack(plan, state, input);
  }
  const isFailed = verdict.judgement === "fail";
  const canGoBack = !isRollbackHeld(input);
  if (isFailed && canGoBack) {
    return goBack(plan, state, byEvidence(input), input);
  }
  if (command !== undefined) {
    return commanded(plan, state, command, input);
  }
  const failure = failedGate(state, input);
  if (failure !== undefined && canGoBack) {
    return goBack(plan, state, failure, input);
  }
  return isFailed || state.phase === "paused"
    ? undefined
    : (gateEvent(plan, state, input) ?? goOn(plan, state, input));
}

function deleted({ deletedAtMs }: RolloutState, input: DecideInput): RolloutEvent | undefined {
  const { command } = input;
  return command?.kind === "delete" && deletedAtMs === undefined
    ? { kind: "deleted", ...byCommand(command, input) }
    : undefined;
}

/** Why a gate's failure takes the rollout back, if it does. */
function failedGate({ gates }: RolloutState, input: DecideInput): Why | undefined {
  const failed = gates?.failed;
  return failed?.onFailure === "rollback"
    ? byGate(failed.gate, `gate ${failed.gate} failed: ${failed.reason}`, input)
    : undefined;
}

/** Takes a gate's answer, if it is to the question that is open. */
function gateEvent(plan: Plan, state: RolloutState, input: DecideInput): RolloutEvent | undefined {
  const answer = input.gate;
  const due = answer && dueGate(plan, state, input);
  if (due === undefined || due.id !== answer?.id) {
    return undefined;
  }
  const { gate, toStep } = due;
  const why = byGate(gate, answer.reason, input);
  return answer.outcome === "pass"
    ? { kind: "gate-passed", gate, toStep, ...why }
    : { kind: "gate-failed", gate, toStep, onFailure: answer.onFailure, ...why };
}

/** The end of the step under way, when it is due and nothing holds it. */
function goOn(plan: Plan, state: RolloutState, input: DecideInput): RolloutEvent | undefined {
  if (!isStepDone(plan, state, input)) {
    return overdue(plan, state, input);
  }
  return needsApproval(plan, state) || holdOf(plan, state, input) !== undefined
    ? undefined
    : advanced(plan, state, endOf(plan, state, input), input);
}

function advanced(plan: Plan, state: RolloutState, why: Why, input: DecideInput): RolloutEvent {
  const stepIndex = nextStep(state);
  const traffic = newTraffic(state, input);
  return stepIndex < plan.steps.length
    ? { kind: "step-advanced", stepIndex, ...why, ...traffic }
    : { kind: "promoted", ...why, ...traffic };
}

/** Why a step ends: by its evidence, or by the clock where it asks for none. */
function endOf(plan: Plan, state: RolloutState, input: DecideInput): Why {
  if (state.isWaiting) {
    return byPlan("nothing holds the start any more", input);
  }
  const step = stepAt(plan, state.stepIndex);
  switch (step.kind) {
    case "pause":
      return byPlan("the pause is over", input);
    case "switch": {
      const reason = `kept for ${formatDuration(step.keepForMs)} after the switch, and nothing failed`;
      return { ...byEvidence(input), reason };
    }
    default:
      return byEvidence(input);
  }
}

/** What becomes of a rollout that is undecided after its plan's maximum; an untrusted split is never promoted. */
function overdue(plan: Plan, state: RolloutState, input: DecideInput): RolloutEvent | undefined {
  const { maximum } = plan;
  if (
    maximum === undefined ||
    input.nowMs - state.startedAtMs < maximum.timeMs ||
    isForTime(plan, state, input.nowMs)
  ) {
    return undefined;
  }
  const evidence = byEvidence(input);
  const reason = `undecided after ${formatDuration(maximum.timeMs)}: ${evidence.reason}`;
  const why = { ...evidence, reason };
  switch (maximum.outcome) {
    case "hold":
      return undefined;
    case "rollback":
      return isRollbackHeld(input) ? undefined : goBack(plan, state, why, input);
    case "promote":
      return input.verdict.withheld === undefined &&
        shiftHold(plan, state, { ...input, toStep: plan.steps.length }) === undefined
        ? { kind: "promoted", ...why, ...newTraffic(state, input) }
        : undefined;
    default:
      return maximum.outcome satisfies never;
  }
}

function commanded(
  plan: Plan,
  state: RolloutState,
  command: Command,
  input: DecideInput,
): RolloutEvent | undefined {
  if (refusal(plan, state, command, input) !== undefined) {
    return undefined;
  }
  const why = byCommand(command, input);
  switch (command.kind) {
    case "promote":
      return { kind: "promoted", ...why, ...newTraffic(state, input) };
    case "rollback":
      return goBack(plan, state, why, input);
    case "approve":
      return advanced(plan, state, why, input);
    case "pause":
      return state.phase === "paused" ? undefined : { kind: "paused", ...why };
    case "resume": {
      const isHeld = state.phase === "paused" || state.gates?.failed !== undefined;
      return isHeld ? { kind: "resumed", ...why } : undefined;
    }
    case "delete":
      return undefined;
    default:
      return command.kind satisfies never;
  }
}
