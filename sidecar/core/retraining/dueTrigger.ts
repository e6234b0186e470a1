import type { Concern, Raised } from "./concern.ts";

/** How far a rollout's trigger is. */
export type Progress = {
  /** Anomalies raised by events up to this one have been told, and taken. */
  readonly doneTo: number;
  /** When it was told last, whatever came of it, Unix time; undefined before the first time. */
  readonly lastMs: number | undefined;
};

/** Something to be told. */
export type Trigger = {
  /** The same at every attempt, also after a restart: of the oldest anomaly that nobody has taken. */
  readonly id: string;
  /** What goes on, the oldest first, also what was told before. */
  readonly anomalies: readonly Raised[];
  /** What is done once it was taken: see `Progress`. */
  readonly doneTo: number;
};

/**
 * What is to be told now, or undefined: the promoted version's anomalies, when one of them is new, and the cool-down since the last time is over.
 * What was told and not taken is told again after the cool-down, for as long as it goes on. What began before the promotion, when others' answers were
 * looked at too, counts if it still goes on a cool-down after it.
 */
export function dueTrigger(
  { promoted, raised, rules }: Concern,
  { doneTo, lastMs }: Progress,
  nowMs: number,
): Trigger | undefined {
  if (promoted === undefined || nowMs - (lastMs ?? Number.NEGATIVE_INFINITY) < rules.coolDownMs) {
    return undefined;
  }
  const isSettled = nowMs - promoted.atMs >= rules.coolDownMs;
  const anomalies = raised.filter(({ sequence }) => isSettled || sequence > promoted.sequence);
  const first = anomalies.find(({ sequence }) => sequence > doneTo);
  const newest = anomalies.at(-1);
  return first && newest && { id: first.id, anomalies, doneTo: newest.sequence };
}
