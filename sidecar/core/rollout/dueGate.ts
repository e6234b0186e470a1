import type { Plan } from "../plan/plan.ts";
import type { OnGateFailure } from "./event.ts";
import { isStepDone, type Now, shiftHold } from "./hold.ts";
import type { RolloutState } from "./state.ts";
import { gatesBefore, nextStep } from "./transition.ts";

/** A gate that is to be asked now. */
export type DueGate = {
  readonly gate: string;
  /** The step that it stands before, from 0; as many as there are steps for the promotion. */
  readonly toStep: number;
  /** The same however often it is asked, until it has answered; no other question of any rollout has it. */
  readonly id: string;
};

/** How far it has come to ask the gate that is due. */
export type Asking = {
  readonly gate: string;
  /** Attempts that have ended. */
  readonly attempts: number;
  /** What came of the last of them; absent before the first. */
  readonly last?: string;
};

/** What a gate has said. */
export type GateAnswer = {
  /** Of the question. */
  readonly id: string;
  /** One sentence, for people. */
  readonly reason: string;
} & (
  | { readonly outcome: "pass" }
  | { readonly outcome: "fail"; readonly onFailure: OnGateFailure }
);

/**
 * Returns the first gate before the next step that has not passed, to be asked now or later, or undefined: when there is none, after another gate
 * before the same step has failed, and once the rollout goes back or has ended.
 */
export function openGate(plan: Plan, state: RolloutState): DueGate | undefined {
  const { passed = [], failed, round = 0 } = state.gates ?? {};
  const isOnItsWay = state.phase === "progressing" || state.phase === "paused";
  if (!isOnItsWay || failed !== undefined) {
    return undefined;
  }
  const toStep = nextStep(state);
  const gate = gatesBefore(plan, state).find((name) => !passed.includes(name));
  return gate === undefined
    ? undefined
    : { gate, toStep, id: [plan.name, state.generation, toStep, round, gate].join("/") };
}

/**
 * Returns the one gate that is to be asked now, or undefined: the open one, once the step under way has seen all that it must (an approval aside,
 * which comes last), the schedule is open and the variants are ready. None while the rollout is paused.
 */
export function dueGate(plan: Plan, state: RolloutState, now: Now): DueGate | undefined {
  const open = openGate(plan, state);
  const isDue =
    open !== undefined &&
    state.phase === "progressing" &&
    now.verdict.judgement !== "fail" &&
    isStepDone(plan, state, now) &&
    shiftHold(plan, state, { ...now, toStep: open.toStep }) === undefined;
  return isDue ? open : undefined;
}
