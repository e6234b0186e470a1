/**
 * Where a rollout is.
 * - `progressing`: its steps end by evidence.
 * - `paused`: the traffic stays; guardrails still roll back.
 * - `promoted`: the candidate answers all users. Final.
 * - `rolled-back`: the primary answers all users. Final.
 */
export type Phase = "progressing" | "paused" | "promoted" | "rolled-back";

/** What a step's minimum counts; both only ever rise within a rollout. */
export type Counts = {
  readonly pairs: number;
  /** User requests answered by the candidate. */
  readonly requests: number;
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
  /** What goes on now, the oldest first; at most `ANOMALIES_MAX`. */
  readonly anomalies: readonly Anomaly[];
};

/** More anomalies at one time than this are not told apart. */
export const ANOMALIES_MAX = 100;

/** Whether nothing but a new plan can change the rollout any more. */
export function isFinal(state: RolloutState): boolean {
  return state.phase === "promoted" || state.phase === "rolled-back";
}
