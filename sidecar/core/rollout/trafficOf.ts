import { noiseBpOf } from "../plan/noise.ts";
import type { Plan } from "../plan/plan.ts";
import { type Step, sharesOf } from "../plan/step.ts";
import { ALL_BP, type BasisPoints, type Traffic } from "../traffic.ts";
import type { RolloutState } from "./state.ts";
import { stepAt } from "./stepAt.ts";

/** Returns the traffic that the state asks the proxies to serve. */
export function trafficOf(plan: Plan, state: RolloutState): Traffic {
  const { generation } = state;
  switch (state.phase) {
    case "progressing":
    case "paused":
      return { generation, ...trafficOfStep(plan, servedStep(plan, state)), ...captureOf(plan) };
    case "rolling-back":
      return {
        generation,
        ...{ candidateBp: state.descentBp ?? 0, shadowBp: 0, shadowPrimary: false },
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

/** The step whose traffic is served: that under way, or the last one before it that is no pause; none while the first is waited for. */
export function servedStep(
  plan: Plan,
  { isWaiting, stepIndex }: Pick<RolloutState, "isWaiting" | "stepIndex">,
): Step | undefined {
  if (isWaiting) {
    return undefined;
  }
  const step = stepAt(plan, stepIndex);
  return step.kind === "pause"
    ? plan.steps.slice(0, stepIndex).findLast(({ kind }) => kind !== "pause")
    : step;
}

function trafficOfStep(plan: Plan, step: Step | undefined): Omit<Traffic, "generation"> {
  const { candidateBp, shadowBp } = step ? sharesOf(step) : { candidateBp: 0, shadowBp: 0 };
  const shadowPrimary = candidateBp > 0 && shadowBp > 0;
  return { candidateBp, shadowBp, shadowPrimary, ...noiseOf(plan, shadowBp) };
}

/** As much as the plan's guardrail asks for, of what is copied. */
function noiseOf(plan: Plan, shadowBp: BasisPoints): Pick<Traffic, "noiseBp"> {
  const noiseBp = Math.min(shadowBp, noiseBpOf(plan));
  return noiseBp === 0 ? {} : { noiseBp };
}

/** What labels and drift are about goes on after promotion; what was taken back is not watched. */
function captureOf({ captureBp }: Plan): Pick<Traffic, "captureBp"> {
  return captureBp === undefined || captureBp === 0 ? {} : { captureBp };
}
