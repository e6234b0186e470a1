import type { Clock } from "../ports.ts";

/** Gives events their times. */
export class EventClock {
  readonly #clock: Clock;
  readonly #origin: { readonly wallMs: number; readonly steadyMs: number };

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = { wallMs: clock.wallMs(), steadyMs: clock.steadyMs() };
  }

  /** Unix time of an event: the clock when the process began and what has passed since, and never before the last event. */
  nextMs(lastMs = 0): number {
    const passedMs = this.#clock.steadyMs() - this.#origin.steadyMs;
    return Math.max(lastMs, Math.round(this.#origin.wallMs + passedMs));
  }
}
