import { understudy } from "#proto";
import { formatDuration } from "../core/plan/duration.ts";
import { formatBasisPoints } from "../core/plan/percentage.ts";
import { percent } from "../core/words.ts";
import type { Rollout } from "./client.ts";
import { printAnomalies, printWatched } from "./printWatched.ts";

const v1 = understudy.v1;

/** One line: name, phase, step, weight, evidence. */
export function printLine(rollout: Rollout): string {
  const { name, step, steps, pairs, candidateRequests } = rollout;
  const at = `step ${step + 1} of ${steps.length} (${steps[step] ?? "?"})`;
  const weight = `${formatBasisPoints(rollout.traffic?.candidateBp ?? 0)} to ${rollout.candidate}`;
  const evidence = `${pairs} pairs, ${candidateRequests} candidate requests`;
  return `${name}: ${phaseText(rollout)}, ${at}, ${weight}, ${evidence}`;
}

/** A few lines: `printLine`, then why, then each guardrail's state, then what is watched. */
export function printAll(rollout: Rollout): string {
  return [
    printLine(rollout),
    `  why: ${rollout.reason}`,
    `  in force: ${inForceText(rollout)}; revision ${rollout.revision}`,
    ...missing(rollout),
    ...(rollout.verdict?.guardrails ?? []).map(
      ({ reason, candidateInterval }) => `  ${reason}${intervalText(candidateInterval)}`,
    ),
    ...printWatched(rollout),
  ].join("\n");
}

/** What watching shows: `printLine`, what is in the way of its traffic, and what is odd. */
export function printChange(rollout: Rollout): string {
  const { problem } = rollout;
  const blocked = problem === "" ? [] : [`  not in force: ${problem}`];
  return [printLine(rollout), ...blocked, ...printAnomalies(rollout)].join("\n");
}

/** Whether proxies serve what the rollout asks for. */
export function isInForce({ traffic, inForce }: Rollout): boolean {
  return (
    traffic != null && inForce != null && Number(traffic.generation) === Number(inForce.generation)
  );
}

function inForceText(rollout: Rollout): string {
  const { problem } = rollout;
  if (isInForce(rollout)) {
    return "yes";
  }
  return problem === "" ? "not yet, not known yet, or no filter is connected" : `no: ${problem}`;
}

/** What is missing for a pass of the step, and how long that takes; nothing where it can't be said. */
function missing(rollout: Rollout): readonly string[] {
  const { requestsNeeded, secondsNeeded, withheld = "" } = rollout.verdict ?? {};
  if (isEnded(rollout) || requestsNeeded == null || Number(requestsNeeded) === 0) {
    return withheld === "" ? [] : [`  ${withheld}`];
  }
  const time = secondsNeeded == null ? "" : `, ${formatDuration(Number(secondsNeeded) * 1_000)}`;
  return [`  missing: about ${requestsNeeded} more user requests${time}`];
}

function intervalText(interval: understudy.v1.Interval.$Properties | null | undefined): string {
  if (interval == null) {
    return "";
  }
  return ` (candidate's: ${percent(interval.from ?? 0)} to ${percent(interval.to ?? 0)})`;
}

/** Whether the rollout can't change any more. */
export function isEnded({ phase }: Rollout): boolean {
  return phase === v1.Phase.PHASE_PROMOTED || phase === v1.Phase.PHASE_ROLLED_BACK;
}

/** Whether the candidate has become the one that is trusted. */
export function isPromoted({ phase }: Rollout): boolean {
  return phase === v1.Phase.PHASE_PROMOTED;
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
    case v1.Phase.PHASE_ROLLING_BACK:
      return "rolling back";
    default:
      return "unknown";
  }
}
