/** Wakes one waiter, at the earliest time that anybody asked for. */
export class Alarm {
  readonly #steadyMs: () => number;
  #timer: NodeJS.Timeout | undefined;
  #dueMs: number = Number.POSITIVE_INFINITY;
  #wake: (() => void) | undefined;

  constructor(steadyMs: () => number) {
    this.#steadyMs = steadyMs;
  }

  /** Wakes the waiter, present or next, in at most `delayMs`. */
  ring(delayMs: number): void {
    const dueMs = this.#steadyMs() + delayMs;
    if (dueMs < this.#dueMs) {
      clearTimeout(this.#timer);
      this.#dueMs = dueMs;
      this.#timer = setTimeout(() => this.#wake?.(), delayMs);
    }
  }

  /** Resolves when the alarm rings, after `maxMs`, or at once when aborted. */
  async wait(maxMs: number, signal: AbortSignal): Promise<void> {
    if (!signal.aborted && this.#steadyMs() < this.#dueMs) {
      await this.#woken(maxMs, signal);
    }
    clearTimeout(this.#timer);
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#wake = undefined;
  }

  async #woken(maxMs: number, signal: AbortSignal): Promise<void> {
    const ended = new AbortController();
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener("abort", () => resolve(), { signal: ended.signal });
      this.ring(maxMs);
    });
    ended.abort();
  }
}
