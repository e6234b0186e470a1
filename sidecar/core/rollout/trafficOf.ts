import { noiseBpOf } from "../plan/noise.ts";
import type { Plan, Step } from "../plan/plan.ts";
import { ALL_BP, type Traffic } from "../traffic.ts";
import type { RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";

/** Returns the traffic that the state asks the proxies to serve. */
export function trafficOf(plan: Plan, state: RolloutState): Traffic {
  const { generation } = state;
  switch (state.phase) {
    case "progressing":
    case "paused":
      return {
        generation,
        ...trafficOfStep(plan, stepAt(plan, state.stepIndex)),
        ...captureOf(plan),
      };
    case "promoted":
      return {
        generation,
        candidateBp: ALL_BP,
        shadowBp: 0,
        shadowPrimary: false,
        ...captureOf(plan),
      };
    case "rolled-back":
      return { generation, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
    default:
      return state.phase satisfies never;
  }
}

function trafficOfStep(plan: Plan, step: Step): Omit<Traffic, "generation"> {
  switch (step.kind) {
    case "shadow":
      return {
        candidateBp: 0,
        shadowBp: step.shadowBp,
        shadowPrimary: false,
        ...noiseOf(plan, step),
      };
    case "canary":
      return {
        candidateBp: step.candidateBp,
        shadowBp: step.shadowBp,
        shadowPrimary: step.shadowBp > 0,
        ...noiseOf(plan, step),
      };
    default:
      return step satisfies never;
  }
}

/** As much as the plan's guardrail asks for, of what is copied. */
function noiseOf(plan: Plan, { shadowBp }: Step): Pick<Traffic, "noiseBp"> {
  const noiseBp = Math.min(shadowBp, noiseBpOf(plan));
  return noiseBp === 0 ? {} : { noiseBp };
}

/** What labels and drift are about goes on after promotion; what was taken back is not watched. */
function captureOf({ captureBp }: Plan): Pick<Traffic, "captureBp"> {
  return captureBp === undefined || captureBp === 0 ? {} : { captureBp };
}
