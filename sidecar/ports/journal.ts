import type { RolloutEvent } from "../core/rollout/event.ts";

/** An event with its place in the log over all rollouts. */
export type JournalEntry = {
  /** From 1, without gaps. */
  readonly sequence: number;
  /** Of this event in this log and no other, however often it is read. */
  readonly id: string;
  readonly rollout: string;
  readonly event: RolloutEvent;
};

/** Who reads the log and keeps places in it. */
export type JournalReader = "alerts" | "registry" | "retraining";

/** The logs of all rollouts as one, and how far its readers are. Rejects only with StoreError. */
export interface Journal {
  /** Number of the last event; 0 for an empty log. */
  head(): Promise<number>;
  /** At most `max` events after that number, in their order. */
  after(sequence: number, max: number): Promise<readonly JournalEntry[]>;
  /** The reader's places by their names, as of targets of alerts: all events up to that number are done with there. */
  cursors(reader: JournalReader): Promise<ReadonlyMap<string, number>>;
  /** Replaces all places of that reader. Returns once they will survive a crash. */
  saveCursors(reader: JournalReader, cursors: ReadonlyMap<string, number>): Promise<void>;
}
