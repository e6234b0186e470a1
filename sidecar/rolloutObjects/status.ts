import { formatBasisPoints } from "../core/plan/percentage.ts";
import { stepText } from "../core/plan/stepText.ts";
import { sameTraffic } from "../core/traffic.ts";
import type { RolloutView } from "../ports.ts";
import type { Condition, ObjectStatus, RolloutObject } from "./rolloutObject.ts";

/** Whether an object's plan is carried out, and why not. */
export type Acceptance = {
  readonly status: Condition["status"];
  /** One word. */
  readonly reason: "Started" | "InvalidPlan" | "Refused" | "Unavailable";
  readonly message: string;
};

/** What the object's status is to say. `view` is undefined while no rollout is carried out for it. */
export function statusOf(
  object: RolloutObject,
  acceptance: Acceptance,
  { view, nowMs }: { readonly view: RolloutView | undefined; readonly nowMs: number },
): ObjectStatus {
  const { generation } = object.metadata;
  const condition = (type: string, said: Omit<Acceptance, "reason"> & { reason: string }) => {
    const before = object.status?.conditions.find((each) => each.type === type);
    return {
      type,
      ...said,
      observedGeneration: generation,
      lastTransitionTime:
        before?.status === said.status ? before.lastTransitionTime : new Date(nowMs).toISOString(),
    };
  };
  return {
    observedGeneration: generation,
    ...(view === undefined ? NOTHING : progressOf(view)),
    conditions: [condition("Accepted", acceptance), condition("InForce", inForceOf(view))],
  };
}

const NOTHING = {
  phase: null,
  step: null,
  weight: null,
  verdict: null,
  reason: null,
  revision: null,
};

function progressOf({
  plan,
  state,
  traffic,
  verdict,
}: RolloutView): Omit<ObjectStatus, "observedGeneration" | "conditions"> {
  const step = plan.steps[state.stepIndex];
  const among = `${state.stepIndex + 1}/${plan.steps.length}`;
  return {
    phase: state.phase,
    step: step === undefined ? among : `${among} ${stepText(step)}`,
    weight: formatBasisPoints(traffic.candidateBp),
    verdict: verdict.judgement,
    reason: state.reason,
    revision: state.revision,
  };
}

function inForceOf(view: RolloutView | undefined): {
  readonly status: Condition["status"];
  readonly reason: string;
  readonly message: string;
} {
  if (view === undefined) {
    return { status: "Unknown", reason: "NotStarted", message: "no rollout is carried out" };
  }
  const { inForce, traffic, problem } = view;
  if (inForce !== undefined && sameTraffic(inForce, traffic)) {
    const message = `generation ${traffic.generation} is served`;
    return { status: "True", reason: "Served", message };
  }
  return {
    status: "False",
    reason: problem === undefined ? "Pending" : "Trouble",
    message: problem ?? `generation ${traffic.generation} is not known to be served yet`,
  };
}
