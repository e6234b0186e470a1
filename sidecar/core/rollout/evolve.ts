import { assert } from "../assert.ts";
import type { AnomalyEvent, RolloutEvent } from "./event.ts";
import { remember } from "./requestKey.ts";
import { type Counts, type GateAnswers, isFinal, type Phase, type RolloutState } from "./state.ts";
import { mayHoldStart, nextStep } from "./transition.ts";

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
  const keys = remember(state.keys, event);
  const next = { ...state, revision: state.revision + 1, updatedAtMs: event.atMs, ...keys };
  if (event.kind === "deleted") {
    assert(isFinal(state) && state.deletedAtMs === undefined, `deleted after ${state.phase}`);
    return { ...next, deletedAtMs: event.atMs };
  }
  assert(!isFinal(state), `${event.kind} after ${state.phase}`);
  switch (event.kind) {
    case "step-advanced":
      assert(event.stepIndex === nextStep(state), "step-advanced skips a step");
      return {
        ...decided(next, "progressing", event),
        stepIndex: event.stepIndex,
        stepStartedAtMs: event.atMs,
        stepStartCounts: countsOf(event),
      };
    case "promoted":
      return decided(next, "promoted", event);
    case "rollback-stepped":
      return { ...decided(next, "rolling-back", event), descentBp: event.candidateBp };
    case "rolled-back":
      return decided(next, "rolled-back", event);
    case "paused":
      return { ...next, phase: "paused", reason: event.reason };
    case "resumed":
      return resumed(next, event.reason);
    case "gate-passed":
    case "gate-failed":
      return { ...next, gates: answered(state, event), reason: event.reason };
    default:
      return event satisfies never;
  }
}

/** A gate that had failed is asked again, under another id. */
function resumed(state: RolloutState, reason: string): RolloutState {
  const { gates, ...others } = state;
  const next = { ...others, phase: "progressing" as const, reason };
  if (gates?.failed === undefined) {
    return { ...next, ...(gates && { gates }) };
  }
  return { ...next, gates: { passed: gates.passed, round: gates.round + 1 } };
}

function answered(
  state: RolloutState,
  event: RolloutEvent & { readonly kind: "gate-passed" | "gate-failed" },
): GateAnswers {
  const { passed, failed, round } = state.gates ?? NO_ANSWERS;
  const { gate, reason } = event;
  assert(event.toStep === nextStep(state), `${event.kind} of another step`);
  assert(failed === undefined && !passed.includes(gate), `${event.kind} after an answer`);
  return event.kind === "gate-passed"
    ? { passed: [...passed, gate], round }
    : { passed, failed: { gate, onFailure: event.onFailure, reason }, round };
}

const NO_ANSWERS: GateAnswers = { passed: [], round: 0 };

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
    ...(mayHoldStart(event.plan) && { isWaiting: true as const }),
    ...remember(previous?.keys, event),
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
  const { isWaiting: _waiting, gates: _gates, descentBp: _descent, ...others } = state;
  return {
    ...others,
    phase,
    generation: event.generation,
    reason: event.reason,
    decidedAtMs: event.atMs,
  };
}

function countsOf(event: Exclude<RolloutEvent, AnomalyEvent>): Counts {
  const { pairs, requests, tests } = event.evidence;
  return { pairs, requests: requests.candidate, ...(tests !== undefined && { tests }) };
}
