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
  /** All anomalies that go on, the oldest first, also those that were told before. */
  readonly anomalies: readonly Raised[];
  /** What is done once it was taken: see `Progress`. */
  readonly doneTo: number;
};

/**
 * What is to be told now, or undefined: the promoted version's anomalies, when one of them is new, and the cool-down since the last time is over.
 * What was told and not taken is told again after the cool-down, for as long as it goes on.
 */
export function dueTrigger(
  { isPromoted, raised, rules }: Concern,
  { doneTo, lastMs }: Progress,
  nowMs: number,
): Trigger | undefined {
  const [first] = raised.filter(({ sequence }) => sequence > doneTo);
  const isCool = lastMs === undefined || nowMs - lastMs >= rules.coolDownMs;
  if (!isPromoted || !isCool || first === undefined) {
    return undefined;
  }
  const newest = Math.max(...raised.map(({ sequence }) => sequence));
  return { id: first.id, anomalies: raised, doneTo: newest };
}
