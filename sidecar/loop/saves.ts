import type { WatchState } from "../core/watch/watch.ts";
import type { Clock } from "../ports.ts";
import type { Runner } from "./runner.ts";

/** How often evidence is saved while nothing is decided: what a crash may cost. */
const SAVE_MS = 1_000;
/** How often what is watched is. */
const SAVE_WATCH_MS = 10_000;

type Saved = { readonly what: unknown; readonly atMs: number };

/** What of a runner the store has confirmed, and when. */
export class Saves {
  readonly #runner: Runner;
  readonly #clock: Clock;
  #evidence: Saved;
  #watch: Saved;
  /** What is being saved. */
  #saving: { readonly evidence: unknown; readonly changes: unknown } | undefined;

  /** Of a runner that is as the store has it, or is to be saved at once. */
  constructor(runner: Runner, clock: Clock) {
    const atMs = clock.steadyMs();
    this.#runner = runner;
    this.#clock = clock;
    this.#evidence = { what: runner.evidence, atMs };
    this.#watch = { what: runner.watcher.changes, atMs };
  }

  /** Whether it is time to save what was counted. */
  get isDue(): boolean {
    const nowMs = this.#clock.steadyMs();
    const { evidence, watcher } = this.#runner;
    return (
      (this.#evidence.what !== evidence && nowMs - this.#evidence.atMs >= SAVE_MS) ||
      (this.#watch.what !== watcher.changes && nowMs - this.#watch.atMs >= SAVE_WATCH_MS)
    );
  }

  /** Whether anything is not saved. */
  get isBehind(): boolean {
    const { evidence, watcher } = this.#runner;
    return this.#evidence.what !== evidence || this.#watch.what !== watcher.changes;
  }

  /** What is watched, if that is to be saved now: when it is due, or anyway. Begins a save that `done` ends. */
  watch(isAnyway: boolean): WatchState | undefined {
    const { evidence, watcher } = this.#runner;
    const isDue = isAnyway || this.#clock.steadyMs() - this.#watch.atMs >= SAVE_WATCH_MS;
    const isChanged = this.#watch.what !== watcher.changes;
    this.#saving = { evidence, changes: isDue ? watcher.changes : this.#watch.what };
    return isDue && isChanged ? watcher.state : undefined;
  }

  /** The store has confirmed what `watch` began. */
  done(): void {
    const atMs = this.#clock.steadyMs();
    if (this.#saving !== undefined) {
      const { evidence, changes } = this.#saving;
      this.#evidence = { what: evidence, atMs };
      this.#watch = changes === this.#watch.what ? this.#watch : { what: changes, atMs };
    }
  }
}
