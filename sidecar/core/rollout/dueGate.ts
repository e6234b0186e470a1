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
 * Returns the one gate that is to be asked, or undefined: the first before the next step that has not passed, once the step under way has
 * seen all that it must (an approval aside, which comes last), the schedule is open and the variants are ready. None while the rollout is
 * paused, after another gate before the same step has failed, and once it goes back or has ended.
 */
export function dueGate(plan: Plan, state: RolloutState, now: Now): DueGate | undefined {
  const { passed = [], failed, round = 0 } = state.gates ?? {};
  const toStep = nextStep(state);
  if (
    state.phase !== "progressing" ||
    now.verdict.judgement === "fail" ||
    failed !== undefined ||
    !isStepDone(plan, state, now) ||
    shiftHold(plan, state, { ...now, toStep }) !== undefined
  ) {
    return undefined;
  }
  const gate = gatesBefore(plan, state).find((name) => !passed.includes(name));
  return gate === undefined
    ? undefined
    : { gate, toStep, id: [plan.name, state.generation, toStep, round, gate].join("/") };
}
