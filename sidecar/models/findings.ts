import { type Finding, noTrials, noteEvent, type Trials } from "../core/models/trials.ts";
import type { Journal } from "../ports/journal.ts";

/** Events that are read at once: each holds all its evidence. */
const READ_MAX = 20;
/** Findings that wait in memory; the log keeps the rest. */
const WAITING_MAX = 100;
/** The place of what the registry has been told. */
const PLACE = "outcomes";

/**
 * Reads the log of all rollouts: which versions were tried, from its first event on at every start, and what the registry is still to be told,
 * from a place that is saved after it was told. Rejects only with StoreError.
 */
export class Findings {
  readonly trials: Trials = noTrials();
  readonly #journal: Journal;
  #waiting: readonly Finding[] = [];
  #readTo = 0;
  #toldTo = 0;

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  /** What the registry is still to be told, in the order in which it happened. */
  get waiting(): readonly Finding[] {
    return this.#waiting;
  }

  /** Begins where the registry was told last; with what happens from now on, when it never was. */
  async open(): Promise<void> {
    const saved = (await this.#journal.cursors("registry")).get(PLACE);
    this.#toldTo = saved ?? (await this.#journal.head());
    if (saved === undefined) {
      await this.#save();
    }
    await this.read();
  }

  /** Reads what happened since, as far as there is room; whether that is all. */
  async read(): Promise<boolean> {
    const head = await this.#journal.head();
    while (this.#readTo < head && this.#waiting.length < WAITING_MAX) {
      const entries = await this.#journal.after(this.#readTo, READ_MAX);
      for (const entry of entries) {
        const finding = noteEvent(this.trials, entry);
        this.#readTo = entry.sequence;
        if (finding !== undefined && finding.sequence > this.#toldTo) {
          this.#waiting = [...this.#waiting, finding];
        }
      }
    }
    return this.#readTo >= head;
  }

  /** The first that waits was told. */
  async told(): Promise<void> {
    const [first, ...rest] = this.#waiting;
    if (first !== undefined) {
      this.#toldTo = first.sequence;
      this.#waiting = rest;
      await this.#save();
    }
  }

  async #save(): Promise<void> {
    await this.#journal.saveCursors("registry", new Map([[PLACE, this.#toldTo]]));
  }
}
