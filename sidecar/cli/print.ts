import { understudy } from "#proto";
import type { Rollout } from "./client.ts";

const v1 = understudy.v1;

/** One line: name, phase, step, weight, evidence. */
export function printLine(rollout: Rollout): string {
  const { name, step, steps, pairs, candidateRequests } = rollout;
  const at = `step ${step + 1} of ${steps.length} (${steps[step] ?? "?"})`;
  const weight = `${(rollout.traffic?.candidateBp ?? 0) / 100}% to ${rollout.candidate}`;
  const evidence = `${pairs} pairs, ${candidateRequests} candidate requests`;
  return `${name}: ${phaseText(rollout)}, ${at}, ${weight}, ${evidence}`;
}

/** A few lines: `printLine`, then why, then each guardrail's state. */
export function printAll(rollout: Rollout): string {
  const { traffic, inForce } = rollout;
  const isInForce =
    traffic != null && inForce != null && Number(traffic.generation) === Number(inForce.generation);
  return [
    printLine(rollout),
    `  why: ${rollout.reason}`,
    `  in force: ${isInForce ? "yes" : "not yet, or no filter is connected"}; revision ${rollout.revision}`,
    ...(rollout.verdict?.guardrails ?? []).map(({ reason }) => `  ${reason}`),
  ].join("\n");
}

/** Whether the rollout can't change any more. */
export function isEnded({ phase }: Rollout): boolean {
  return phase === v1.Phase.PHASE_PROMOTED || phase === v1.Phase.PHASE_ROLLED_BACK;
}

/** The phase in words. */
export function phaseText({ phase }: Rollout): string {
  switch (phase) {
    case v1.Phase.PHASE_PROGRESSING:
      return "progressing";
    case v1.Phase.PHASE_PAUSED:
      return "paused";
    case v1.Phase.PHASE_PROMOTED:
      return "promoted";
    case v1.Phase.PHASE_ROLLED_BACK:
      return "rolled back";
    default:
      return "unknown";
  }
}
