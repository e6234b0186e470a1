import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import type { Asking } from "../rollout/dueGate.ts";
import type { Unready } from "../rollout/hold.ts";
import type { RolloutState } from "../rollout/state.ts";
import type { Traffic } from "../traffic.ts";
import type { Judgement, Verdict } from "../verdict.ts";
import { movesOf, nextOf } from "./moves.ts";
import { standingOf } from "./standing.ts";
import { togetherOf, weightsOf } from "./weights.ts";

/** What is explained: a rollout at one moment, with what is known of the world. */
export type Explainable = {
  readonly plan: Plan;
  readonly state: RolloutState;
  readonly evidence: Evidence;
  readonly verdict: Verdict;
  /** What the state asks for, what is in force as far as that is known, and why that differs. */
  readonly traffic: Traffic;
  readonly inForce: Traffic | undefined;
  readonly problem: string | undefined;
  /** Why variants can't take users now, as far as anybody asks. */
  readonly unready?: Unready | undefined;
  /** How far it has come to ask the gate before the next step, if one is asked. */
  readonly asking?: Asking | undefined;
  /** Unix time. */
  readonly nowMs: number;
};

/** A rollout in plain sentences, for people. */
export type Explanation = {
  /** Why it is where it is. */
  readonly standing: readonly string[];
  readonly guardrails: readonly GuardrailExplanation[];
  /** What all guardrails say together. */
  readonly evidence: readonly string[];
  /** What would move it. */
  readonly moves: readonly string[];
  /** What comes then. */
  readonly next: readonly string[];
};

/** What one guardrail says, and how much that counts. */
export type GuardrailExplanation = {
  readonly name: string;
  readonly judgement: Judgement;
  /** What was seen, with the figures. */
  readonly seen: string;
  /** How much it counts, as odds. */
  readonly weight: string;
  /** The e-values themselves, at most 1e300: 1 is no evidence. */
  readonly oddsAgainst: number;
  readonly oddsFor: number;
};

/** Tells why the rollout is where it is, what its evidence counts, and what would move it. The same words for the same input. */
export function explain(seen: Explainable): Explanation {
  return {
    standing: standingOf(seen),
    guardrails: weightsOf(seen),
    evidence: togetherOf(seen),
    moves: movesOf(seen),
    next: nextOf(seen),
  };
}
