import type { BasisPoints } from "../traffic.ts";
import type { OnGateFailure } from "./event.ts";
import type { RememberedKey } from "./requestKey.ts";

/**
 * Where a rollout is.
 * - `progressing`: its steps end by evidence.
 * - `paused`: the traffic stays; guardrails still roll back.
 * - `rolling-back`: the candidate's weight goes down step by step, and nothing raises it any more.
 * - `promoted`: the candidate answers all users. Final.
 * - `rolled-back`: the primary answers all users. Final.
 */
export type Phase = (typeof PHASES)[number];

/** Every phase. */
export const PHASES = ["progressing", "paused", "rolling-back", "promoted", "rolled-back"] as const;

/** What a step's minimum counts; both only ever rise within a rollout. */
export type Counts = {
  readonly pairs: number;
  /** User requests answered by the candidate. */
  readonly requests: number;
  /** Test requests answered by the candidate in previews; absent where the plan has none. */
  readonly tests?: number;
};

/** What the gates of one transition have said. */
export type GateAnswers = {
  readonly passed: readonly string[];
  /** Which failed, and what that means; absent while none has. */
  readonly failed?: {
    readonly gate: string;
    readonly onFailure: OnGateFailure;
    readonly reason: string;
  };
  /** How often people had them asked again after a failure. */
  readonly round: number;
};

/** What a watched rollout shows that it did not when it was trusted: drift, or predictions that have become worse. */
export type Anomaly = {
  /** What it is about, unique among those that go on: `drift age`, `drift dataset`, `performance f1`. */
  readonly name: string;
  readonly sinceMs: number;
  /** One sentence with the figures that raised it. */
  readonly reason: string;
};

/** All that is kept of a rollout besides its plan and its evidence. Equals the replay of its events. */
export type RolloutState = {
  readonly phase: Phase;
  /** The step under way, from 0; the last one reached when the rollout has ended. */
  readonly stepIndex: number;
  readonly stepStartedAtMs: number;
  /** What had been counted when the step began. */
  readonly stepStartCounts: Counts;
  /** Generation of the traffic asked for; rises whenever that traffic changes, also over the rollouts of one name. */
  readonly generation: number;
  /** Rises with every event, also over the rollouts of one name. */
  readonly revision: number;
  /** Why the rollout is where it is, one sentence. */
  readonly reason: string;
  readonly startedAtMs: number;
  readonly updatedAtMs: number;
  /** When the phase or the step last changed by a decision. */
  readonly decidedAtMs: number;
  /** Whether the first step has not begun: there is no traffic until then. Absent once it has. */
  readonly isWaiting?: true;
  /** What the gates before the next step have said; absent while none has. */
  readonly gates?: GateAnswers;
  /** The candidate's weight while it goes back step by step; absent otherwise. */
  readonly descentBp?: BasisPoints;
  /** When the rollout was deleted, which is then not listed any more; absent before. */
  readonly deletedAtMs?: number;
  /** What callers have named their last requests, the oldest first, also over the rollouts of one name; absent before any was named. */
  readonly keys?: readonly RememberedKey[];
  /** What goes on now, the oldest first; at most `ANOMALIES_MAX`. */
  readonly anomalies: readonly Anomaly[];
};

/** More anomalies at one time than this are not told apart. */
export const ANOMALIES_MAX = 100;

/** Whether nothing but a new plan can change the rollout any more. */
export function isFinal(state: RolloutState): boolean {
  return state.phase === "promoted" || state.phase === "rolled-back";
}
