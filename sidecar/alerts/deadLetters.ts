import type { Notice } from "../core/alerts/notice.ts";
import type { Metrics } from "../metrics.ts";
import type { Log } from "../ports.ts";

/** Why a notice was given up: the target does not take it, took nothing for too long, or too many waited. */
export type DeadReason = "refused" | "expired" | "overflow";

/** A notice that was given up. */
export type DeadLetter = { readonly notice: Notice; readonly reason: DeadReason };

/** Dead letters that are kept, the newest; the log has all. */
export const DEAD_LETTERS_MAX = 100;

/** What a target will not be told, unless somebody wants it tried again. */
export class DeadLetters {
  readonly #target: string;
  readonly #parts: { readonly log: Log; readonly metrics: Metrics };
  #letters: readonly DeadLetter[] = [];

  constructor(target: string, parts: { readonly log: Log; readonly metrics: Metrics }) {
    this.#target = target;
    this.#parts = parts;
  }

  /** Those that were given up last, the oldest first. */
  get all(): readonly DeadLetter[] {
    return this.#letters;
  }

  /** Gives notices up, and says so in the log. */
  add(notices: readonly Notice[], reason: DeadReason): void {
    const { log, metrics } = this.#parts;
    const target = this.#target;
    for (const notice of notices) {
      metrics.alertsDead.inc({ target, reason });
      log.error({ target, reason, notice }, "given up");
    }
    const letters = notices.map((notice) => ({ notice, reason }));
    this.#letters = [...this.#letters, ...letters].slice(-DEAD_LETTERS_MAX);
  }

  /** Takes so many of them out, the oldest first. */
  take(max: number): readonly Notice[] {
    const taken = this.#letters.slice(0, max);
    this.#letters = this.#letters.slice(taken.length);
    return taken.map(({ notice }) => notice);
  }
}
