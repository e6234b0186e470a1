import { type Evidence, emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import type { Change } from "../../sidecar/ports.ts";
import { errorRate, planWith } from "./evidence.ts";

/** A plan under that name. */
export function planNamed(name: string): Plan {
  return { ...planWith([errorRate]), name };
}

/** The change that starts a rollout, after another one under its name if there was one. */
export function startOf(plan: Plan, previous?: RolloutState): Change & { state: RolloutState } {
  const evidence = emptyEvidence(plan);
  const event = start(plan, { nowMs: 1, by: "test", evidence, previous, generationInForce: 0 });
  const state = evolve(previous, event);
  return changeOf(plan, { state, events: [event], evidence, epoch: state.generation });
}

/** The change that pauses or resumes, whichever can be, with so many pairs seen. */
export function toggleOf(plan: Plan, state: RolloutState, pairs: number): Change {
  const evidence = { ...emptyEvidence(plan), pairs };
  const event: RolloutEvent = {
    kind: state.phase === "paused" ? "resumed" : "paused",
    atMs: state.updatedAtMs + 1,
    reason: "said so",
    cause: { kind: "command", by: "test" },
    evidence,
  };
  return changeOf(plan, { state: evolve(state, event), events: [event], evidence, epoch: 1 });
}

/** The change that rolls back. */
export function rollbackOf(plan: Plan, state: RolloutState): Change {
  const evidence = emptyEvidence(plan);
  const event: RolloutEvent = {
    kind: "rolled-back",
    atMs: state.updatedAtMs,
    reason: "said so",
    cause: { kind: "command", by: "test" },
    generation: state.generation + 1,
    evidence,
  };
  return changeOf(plan, { state: evolve(state, event), events: [event], evidence, epoch: 1 });
}

function changeOf(
  plan: Plan,
  parts: Pick<Change, "state" | "events"> & { evidence: Evidence; epoch: number },
): Change {
  const { state, events, evidence, epoch } = parts;
  return { rollout: plan.name, state, events, evidence: { source: "test", epoch, evidence } };
}
