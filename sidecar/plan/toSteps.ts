import type { Gates, Step } from "../core/plan/step.ts";
import type { GatesDocument, MinimumDocument, StepDocument } from "./stepDocument.ts";

/** The steps that documents stand for, one each; what is copied goes on as in the last shadow step where nothing is said. */
export function toSteps(documents: readonly StepDocument[]): readonly Step[] {
  let lastShadowBp = 0;
  return documents.flatMap((document) => {
    lastShadowBp = document.shadow?.percent ?? lastShadowBp;
    return toStep(document, lastShadowBp) ?? [];
  });
}

function toStep(document: StepDocument, lastShadowBp: number): Step | undefined {
  const { shadow, canary, preview, switch: switched, pause } = document;
  if (shadow !== undefined) {
    const minimum = minimumOf({ ...shadow.minimum, requests: 0 });
    return { kind: "shadow", shadowBp: shadow.percent, minimum, ...gatesOf(shadow.gates) };
  }
  if (canary !== undefined) {
    return {
      kind: "canary",
      candidateBp: canary.weight,
      shadowBp: canary.shadowPercent ?? lastShadowBp,
      minimum: minimumOf(canary.minimum),
      ...gatesOf(canary.gates),
    };
  }
  if (preview !== undefined) {
    const shadowBp = preview.shadowPercent ?? lastShadowBp;
    const minimum = minimumOf(preview.minimum);
    return { kind: "preview", shadowBp, minimum, ...gatesOf(preview.gates) };
  }
  if (switched !== undefined) {
    const shadowBp = switched.shadowPercent ?? lastShadowBp;
    return { kind: "switch", keepForMs: switched.keepFor, shadowBp, ...gatesOf(switched.gates) };
  }
  return pause && toPause(pause);
}

function toPause(pause: NonNullable<StepDocument["pause"]>): Step {
  const gates = gatesOf(pause.gates);
  const approval = pause.approval ?? (pause.for === undefined && gates.gates === undefined);
  return {
    kind: "pause",
    approval,
    ...(pause.for !== undefined && { forMs: pause.for }),
    ...gates,
  };
}

function minimumOf({
  pairs,
  requests,
  time,
}: MinimumDocument): Extract<Step, { kind: "canary" }>["minimum"] {
  return { pairs, requests, timeMs: time };
}

function gatesOf(gates: GatesDocument | undefined): { readonly gates?: Gates } {
  const isEmpty = gates === undefined || gates.before.length + gates.after.length === 0;
  return isEmpty ? {} : { gates };
}
