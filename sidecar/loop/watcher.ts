import type { MaturedCase } from "../core/performance/maturity.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { AnomalyEvent } from "../core/rollout/event.ts";
import { evolve } from "../core/rollout/evolve.ts";
import type { RolloutState } from "../core/rollout/state.ts";
import type { DriftReport, Row } from "../core/watch/driftWatch.ts";
import {
  lookForDrift,
  openWatch,
  type Watch,
  type WatchState,
  watchCases,
  watchRequest,
  watchStateOf,
} from "../core/watch/watch.ts";

/** A rollout's watch in memory, and the events that follow from it until the store has confirmed them. */
export class Watcher {
  readonly #watch: Watch;
  #events: readonly AnomalyEvent[] = [];

  constructor(plan: Plan, stored: WatchState | undefined, nowMs: number) {
    this.#watch = openWatch(plan, stored, nowMs);
  }

  /** What is to be logged, the oldest first. */
  get events(): readonly AnomalyEvent[] {
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

  /** The last window that ended. */
  get report(): DriftReport | undefined {
    return this.#watch.report;
  }

  /** Counts the features of a captured request. */
  see(row: Row): void {
    watchRequest(this.#watch, row);
  }

  /** Counts predictions that came of age. */
  count(cases: readonly MaturedCase[], state: RolloutState, nowMs: number): void {
    const { anomalies } = this.#after(state);
    this.#events = [...this.#events, ...watchCases(this.#watch, { cases, anomalies }, nowMs)];
  }

  /** Ends a window that is due. */
  look(state: RolloutState, nowMs: number): void {
    const { anomalies } = this.#after(state);
    this.#events = [...this.#events, ...lookForDrift(this.#watch, anomalies, nowMs)];
  }

  /** The store has confirmed a state: events that are in it already are not to be logged again. */
  adopt(state: RolloutState): void {
    let known = state;
    this.#events = this.#events.filter((event) => {
      const isRaised = known.anomalies.some(({ name }) => name === event.anomaly);
      const isNews = isRaised === (event.kind === "anomaly-resolved");
      known = isNews ? evolve(known, event) : known;
      return isNews;
    });
  }

  #after(state: RolloutState): RolloutState {
    return this.#events.reduce(evolve, state);
  }
}
