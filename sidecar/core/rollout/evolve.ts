import { assert } from "../assert.ts";
import type { AnomalyEvent, RolloutEvent } from "./event.ts";
import { type Counts, isFinal, type Phase, type RolloutState } from "./state.ts";

/**
 * Returns the state after one more event of the same name. Throws when the event cannot follow the state: a log in which
 * that happens was not written by `decide` and `start`.
 */
export function evolve(state: RolloutState | undefined, event: RolloutEvent): RolloutState {
  if (event.kind === "started") {
    return started(state, event);
  }
  assert(state !== undefined, `${event.kind} before started`);
  if (event.kind === "anomaly-raised" || event.kind === "anomaly-resolved") {
    return watched(state, event);
  }
  assert(!isFinal(state), `${event.kind} after ${state.phase}`);
  const next = { ...state, revision: state.revision + 1, updatedAtMs: event.atMs };
  switch (event.kind) {
    case "step-advanced":
      assert(event.stepIndex === state.stepIndex + 1, "step-advanced skips a step");
      return {
        ...decided(next, "progressing", event),
        stepIndex: event.stepIndex,
        stepStartedAtMs: event.atMs,
        stepStartCounts: countsOf(event),
      };
    case "promoted":
      return decided(next, "promoted", event);
    case "rolled-back":
      return decided(next, "rolled-back", event);
    case "paused":
      return { ...next, phase: "paused", reason: event.reason };
    case "resumed":
      return { ...next, phase: "progressing", reason: event.reason };
    default:
      return event satisfies never;
  }
}

/** Returns the state that a name's whole log leads to; undefined for an empty log. Throws as `evolve` does. */
export function replay(events: readonly RolloutEvent[]): RolloutState | undefined {
  let state: RolloutState | undefined;
  for (const event of events) {
    state = evolve(state, event);
  }
  return state;
}

function started(
  previous: RolloutState | undefined,
  event: RolloutEvent & { kind: "started" },
): RolloutState {
  assert(previous === undefined || isFinal(previous), "started before the rollout had ended");
  assert(event.generation > (previous?.generation ?? 0), "started with an old generation");
  return {
    phase: "progressing",
    stepIndex: 0,
    stepStartedAtMs: event.atMs,
    stepStartCounts: countsOf(event),
    generation: event.generation,
    revision: (previous?.revision ?? 0) + 1,
    reason: event.reason,
    startedAtMs: event.atMs,
    updatedAtMs: event.atMs,
    decidedAtMs: event.atMs,
    anomalies: [],
  };
}

/** Anomalies come and go in every phase, as ended rollouts are watched too. */
function watched(state: RolloutState, event: AnomalyEvent): RolloutState {
  const others = state.anomalies.filter(({ name }) => name !== event.anomaly);
  const isKnown = others.length < state.anomalies.length;
  assert(isKnown === (event.kind === "anomaly-resolved"), `${event.kind} twice`);
  const raised = { name: event.anomaly, sinceMs: event.atMs, reason: event.reason };
  return {
    ...state,
    revision: state.revision + 1,
    updatedAtMs: event.atMs,
    anomalies: event.kind === "anomaly-raised" ? [...others, raised] : others,
  };
}

function decided(
  state: RolloutState,
  phase: Phase,
  event: RolloutEvent & { readonly generation: number },
): RolloutState {
  assert(event.generation > state.generation, `${event.kind} with an old generation`);
  return {
    ...state,
    phase,
    generation: event.generation,
    reason: event.reason,
    decidedAtMs: event.atMs,
  };
}

function countsOf(event: Exclude<RolloutEvent, AnomalyEvent>): Counts {
  return { pairs: event.evidence.pairs, requests: event.evidence.requests.candidate };
}
