import type { Notice } from "../core/alerts/notice.ts";

/** A notice that waits to be told. */
export type Waiting = {
  readonly notice: Notice;
  /** Of its event in the log; undefined for what is in none. */
  readonly sequence: number | undefined;
  /** Since when, by a clock that never goes back. */
  readonly sinceMs: number;
};

/** Notices in a target's line. */
export const WAITING_MAX = 100;
/** Of those, from the log, which keeps the rest. */
const LOGGED_MAX = 50;

/** What a target is still to be told, in order, bounded; and how far it has been told what is in the log. */
export class WaitingLine {
  #line: readonly Waiting[] = [];
  #takenTo = 0;

  /** The last event of the log that was looked at for it. */
  get takenTo(): number {
    return this.#takenTo;
  }

  /** All events of the log up to this one are told, given up, or none of the target's. */
  get toldTo(): number {
    const first = this.#line.find(({ sequence }) => sequence !== undefined);
    return first?.sequence === undefined ? this.#takenTo : first.sequence - 1;
  }

  get length(): number {
    return this.#line.length;
  }

  /** How many more events of the log it takes. */
  get room(): number {
    const logged = this.#line.filter(({ sequence }) => sequence !== undefined).length;
    return Math.max(0, Math.min(LOGGED_MAX - logged, WAITING_MAX - this.#line.length));
  }

  /** Goes on, or begins, after this event of the log. */
  skipTo(sequence: number): void {
    this.#takenTo = sequence;
  }

  /** Adds at the end; false, and nothing done, when it is full. */
  add(waiting: Waiting): boolean {
    if (this.#line.length >= WAITING_MAX) {
      return false;
    }
    this.#line = [...this.#line, waiting];
    return true;
  }

  /** The first that waits, and with it those of the same rollout, to the bound. */
  first(max: number): readonly Waiting[] {
    const rollout = this.#line[0]?.notice.rollout;
    return this.#line.filter(({ notice }) => notice.rollout === rollout).slice(0, max);
  }

  /** Those that have waited since a time or longer. */
  before(sinceMs: number): readonly Waiting[] {
    return this.#line.filter((waiting) => waiting.sinceMs <= sinceMs);
  }

  /** They wait no more. */
  remove(gone: readonly Waiting[]): void {
    this.#line = this.#line.filter((waiting) => !gone.includes(waiting));
  }
}
