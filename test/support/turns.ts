import { type Evidence, emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Command } from "../../sidecar/core/rollout/command.ts";
import { type DecideInput, decide } from "../../sidecar/core/rollout/decide.ts";
import { dueGate } from "../../sidecar/core/rollout/dueGate.ts";
import type { OnGateFailure, RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import type { Unready } from "../../sidecar/core/rollout/hold.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import type { Judgement, Verdict } from "../../sidecar/core/verdict.ts";

/** What one turn of the loop gives to `decide`; nothing new unless said. */
export type Turn = {
  readonly passedMs?: number;
  readonly pairs?: number;
  readonly requests?: number;
  readonly tests?: number;
  /** By default `inconclusive`. */
  readonly judgement?: Judgement;
  readonly isTripped?: boolean;
  readonly command?: Command["kind"] | undefined;
  readonly unready?: Unready;
  /** What the gate that is due answers, if one is. */
  readonly gate?: "pass" | OnGateFailure | undefined;
};

/** A turn with the state before and after. */
export type Moment = {
  readonly turn: Turn;
  readonly atMs: number;
  readonly before: RolloutState;
  readonly event: RolloutEvent | undefined;
  readonly after: RolloutState;
};

/** A verdict without guardrails. */
export function verdictOf(judgement: Judgement, isTripped = false): Verdict {
  return {
    judgement,
    reasons: [`it is ${judgement}`],
    guardrails: [],
    requestsNeeded: undefined,
    secondsNeeded: undefined,
    withheld: undefined,
    ...(isTripped && { isTripped }),
  };
}

/** Plays turns from the plan's start at `beginMs` on; also returns the log. */
export function play(
  plan: Plan,
  given: readonly Turn[],
  beginMs = 1_000,
): { readonly moments: readonly Moment[]; readonly log: readonly RolloutEvent[] } {
  let evidence: Evidence = emptyEvidence(plan);
  const begun = { nowMs: beginMs, by: "test", evidence, previous: undefined, generationInForce: 0 };
  const log = [start(plan, begun)];
  const moments: Moment[] = [];
  let state = log.reduce<RolloutState | undefined>(evolve, undefined);
  let nowMs = beginMs;
  for (const turn of given) {
    if (state === undefined) {
      break;
    }
    nowMs += turn.passedMs ?? 0;
    evidence = grown(evidence, turn);
    const event = decide(plan, state, inputOf(plan, state, { turn, nowMs, evidence }));
    const after: RolloutState = event === undefined ? state : evolve(state, event);
    log.push(...(event === undefined ? [] : [event]));
    moments.push({ turn, atMs: nowMs, before: state, event, after });
    state = after;
  }
  return { moments, log };
}

function grown(evidence: Evidence, { pairs = 0, requests = 0, tests = 0 }: Turn): Evidence {
  return {
    ...evidence,
    pairs: evidence.pairs + pairs,
    requests: { primary: 0, candidate: evidence.requests.candidate + requests },
    ...(evidence.tests !== undefined && { tests: evidence.tests + tests }),
  };
}

function inputOf(
  plan: Plan,
  state: RolloutState,
  at: { readonly turn: Turn; readonly nowMs: number; readonly evidence: Evidence },
): DecideInput {
  const { turn, nowMs, evidence } = at;
  const verdict = verdictOf(turn.judgement ?? "inconclusive", turn.isTripped);
  const now = { nowMs, evidence, verdict, unready: turn.unready };
  const due = turn.gate && dueGate(plan, state, now);
  const command = turn.command && { kind: turn.command, by: "test", reason: "" };
  const input: DecideInput = { ...now, generationInForce: 0, command };
  if (due === undefined || turn.gate === undefined) {
    return input;
  }
  const answer = { id: due.id, reason: `it says ${turn.gate}` };
  return turn.gate === "pass"
    ? { ...input, gate: { ...answer, outcome: "pass" } }
    : { ...input, gate: { ...answer, outcome: "fail", onFailure: turn.gate } };
}
