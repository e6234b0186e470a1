import { type Concerns, noteEvent } from "../core/retraining/concern.ts";
import type { Progress } from "../core/retraining/dueTrigger.ts";
import type { Journal } from "../ports/journal.ts";

/** Events that are read at once: each holds all its evidence. */
const READ_MAX = 20;
/** After a rollout's name, which has no blank: the place that says when it was told of last, Unix time. */
const LAST = " at";

/**
 * Reads the log of all rollouts, from its first event on at every start: which anomalies go on. How far each rollout's are told is kept in the
 * store. Rejects only with StoreError.
 */
export class AnomalyLog {
  readonly concerns: Concerns = new Map();
  readonly #journal: Journal;
  #places = new Map<string, number>();
  #readTo = 0;
  #isSaved = true;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** Reads all there is. */
  async open(): Promise<void> {
    this.#places = new Map(await this.#journal.cursors("retraining"));
    await this.read();
  }

  /** Reads what happened since. */
  async read(): Promise<void> {
    const head = await this.#journal.head();
    while (this.#readTo < head) {
      for (const entry of await this.#journal.after(this.#readTo, READ_MAX)) {
        noteEvent(this.concerns, entry);
        this.#readTo = entry.sequence;
      }
    }
  }

  /** How far a rollout's anomalies are told. */
  progress(rollout: string): Progress {
    return {
      doneTo: this.#places.get(rollout) ?? 0,
      lastMs: this.#places.get(rollout + LAST),
    };
  }

  /** Somebody was told; `doneTo` when they took it. It is forgotten by a crash before the next `save`. */
  told(
    rollout: string,
    { atMs, doneTo }: { readonly atMs: number; readonly doneTo: number | undefined },
  ): void {
    this.#places.set(rollout + LAST, atMs);
    if (doneTo !== undefined) {
      this.#places.set(rollout, doneTo);
    }
    this.#isSaved = false;
  }

  /** Saves what was told, if anything was since the last time. */
  async save(): Promise<void> {
    if (!this.#isSaved) {
      await this.#journal.saveCursors("retraining", new Map(this.#places));
      this.#isSaved = true;
    }
  }
}
