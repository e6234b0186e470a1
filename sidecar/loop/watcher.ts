import type { MaturedCase } from "../core/performance/maturity.ts";
import type { Prediction } from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { AnomalyEvent } from "../core/rollout/event.ts";
import { evolve } from "../core/rollout/evolve.ts";
import type { RolloutState } from "../core/rollout/state.ts";
import type { Row } from "../core/watch/driftWatch.ts";
import {
  type Going,
  lookAtEstimates,
  lookAtFigures,
  lookForDrift,
  openWatch,
  type Watch,
  type Watched,
  type WatchState,
  watchCases,
  watchPredictions,
  watchRequest,
  watchStateOf,
} from "../core/watch/watch.ts";

/** A rollout's watch in memory, and the events that follow from it until the store has confirmed them. */
export class Watcher {
  readonly #watch: Watch;
  #events: readonly AnomalyEvent[] = [];
  /** How many of them were given to the store last. */
  #offered = 0;

  constructor(plan: Plan, stored: WatchState | undefined, nowMs: number) {
    this.#watch = openWatch(plan, stored, nowMs);
  }

  /** Whether anything is to be logged. */
  get hasEvents(): boolean {
    return this.#events.length > 0;
  }

  /** What is to be logged together with `state`, the oldest first; it is offered again until it is `confirmed`. */
  offer(): readonly AnomalyEvent[] {
    this.#offered = this.#events.length;
    return this.#events;
  }

  /** Rises with every change of what is to be stored. */
  get changes(): number {
    return this.#watch.changes;
  }

  /** What is to be stored. */
  get state(): WatchState {
    return watchStateOf(this.#watch);
  }

  /** What people see: the same object while nothing new is known. */
  get shown(): Watched {
    return this.#watch.shown;
  }

  /** Counts the features of a captured request. */
  see(row: Row): void {
    watchRequest(this.#watch, row);
  }

  /** Counts predictions as they are made. */
  predicted(predictions: readonly Prediction[]): void {
    watchPredictions(this.#watch, predictions);
  }

  /** Counts predictions that came of age. */
  count(cases: readonly MaturedCase[], state: RolloutState, nowMs: number): void {
    this.#follow(state, (anomalies) => watchCases(this.#watch, { cases, anomalies }, nowMs));
  }

  /** Ends the windows that are due, and computes figures that are. */
  look(state: RolloutState, nowMs: number): void {
    const watch = this.#watch;
    if (watch.drift === undefined && watch.performance === undefined) {
      return;
    }
    const isPromoted = state.phase === "promoted";
    this.#follow(state, (anomalies) => lookForDrift(watch, anomalies, nowMs));
    for (const variant of ["primary", "candidate"] as const) {
      this.#follow(state, (anomalies) => lookAtEstimates(watch, variant, { anomalies, nowMs }));
    }
    this.#follow(state, (anomalies) => lookAtFigures(watch, anomalies, { nowMs, isPromoted }));
  }

  /** The store has what was offered last. */
  confirmed(): void {
    this.#events = this.#events.slice(this.#offered);
    this.#offered = 0;
  }

  /** Adds the events that follow, given the anomalies that go on once those before them are in the state. */
  #follow(state: RolloutState, look: (anomalies: Going) => readonly AnomalyEvent[]): void {
    const { anomalies } = this.#events.reduce(evolve, state);
    this.#events = [...this.#events, ...look(anomalies)];
  }
}
