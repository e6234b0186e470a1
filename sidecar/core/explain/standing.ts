import { formatBasisPoints } from "../plan/percentage.ts";
import type { Plan } from "../plan/plan.ts";
import { stepText } from "../plan/stepText.ts";
import { holdOf } from "../rollout/hold.ts";
import { stepAt } from "../rollout/stepAt.ts";
import { ALL_BP, sameTraffic, type Traffic } from "../traffic.ts";
import type { Explainable } from "./explain.ts";
import { timeText } from "./time.ts";

/** Where the rollout is and why, what users get, and what is odd. */
export function standingOf(seen: Explainable): readonly string[] {
  const { nowMs, state } = seen;
  return [
    whereOf(seen),
    `The last decision, ${timeText(nowMs - state.decidedAtMs)} ago: ${state.reason}.`,
    `${usersOf(seen.plan, seen.traffic)}${copiesOf(seen.traffic)}: ${inForceOf(seen)}.`,
    ...state.anomalies.map(
      ({ reason, sinceMs }) => `Odd for ${timeText(nowMs - sinceMs)}: ${reason}.`,
    ),
  ];
}

function whereOf(seen: Explainable): string {
  const { nowMs, plan, state } = seen;
  const { candidate, name, primary } = plan;
  const what = `${name} moves users from ${primary} to ${candidate}`;
  const total = plan.steps.length;
  const step = `step ${state.stepIndex + 1} of ${total}, ${stepText(stepAt(plan, state.stepIndex))}`;
  const since = timeText(nowMs - state.stepStartedAtMs);
  switch (state.phase) {
    case "progressing":
      return state.isWaiting
        ? `${what}, and has not begun: ${holdOf(plan, state, seen) ?? "it is about to"}.`
        : `${what}: ${step}, for ${since}.`;
    case "paused":
      return `${what}: paused in ${step}, for ${timeText(nowMs - state.updatedAtMs)}.`;
    case "rolling-back":
      return `${name} goes back to ${primary} step by step.`;
    case "promoted":
      return `${name} has ended: ${candidate} was promoted.`;
    case "rolled-back":
      return `${name} has ended: it went back to ${primary}.`;
    default:
      return state.phase satisfies never;
  }
}

function usersOf({ candidate, primary }: Plan, { candidateBp }: Traffic): string {
  switch (candidateBp) {
    case 0:
      return `${primary} answers all users`;
    case ALL_BP:
      return `${candidate} answers all users`;
    default:
      return `${candidate} answers ${formatBasisPoints(candidateBp)} of users, ${primary} the others`;
  }
}

function copiesOf({ shadowBp }: Traffic): string {
  return shadowBp === 0
    ? ""
    : `, and ${formatBasisPoints(shadowBp)} of requests are copied to the other one`;
}

function inForceOf({ inForce, problem, traffic }: Explainable): string {
  if (inForce !== undefined && sameTraffic(inForce, traffic)) {
    return "that is in force";
  }
  if (problem !== undefined) {
    return `that is not in force: ${problem}`;
  }
  return inForce === undefined
    ? "nobody has said yet that this is in force"
    : "that is not in force yet";
}
