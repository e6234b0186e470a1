import { formatDuration } from "./duration.ts";
import { formatBasisPoints } from "./percentage.ts";
import type { Step } from "./step.ts";

/** A step in a few words: "shadow 100%", "canary 2.5%", "preview", "switch, kept for 1h", "pause for approval". */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "shadow":
      return `shadow ${formatBasisPoints(step.shadowBp)}`;
    case "canary":
      return `canary ${formatBasisPoints(step.candidateBp)}`;
    case "preview":
      return step.shadowBp === 0
        ? "preview"
        : `preview, shadow ${formatBasisPoints(step.shadowBp)}`;
    case "switch":
      return `switch, kept for ${formatDuration(step.keepForMs)}`;
    case "pause":
      return pauseText(step);
    default:
      return step satisfies never;
  }
}

function pauseText({ approval, forMs }: Extract<Step, { kind: "pause" }>): string {
  const time = forMs === undefined ? "" : ` of ${formatDuration(forMs)}`;
  return `pause${time}${approval ? " for approval" : ""}`;
}
