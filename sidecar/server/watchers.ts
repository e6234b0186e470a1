import { isFinal } from "../core/rollout/state.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { RequestError, type Rollouts, type RolloutView } from "../ports.ts";
import { CallError } from "./status.ts";

/** What the watchers need of their surroundings. */
export type WatcherParts = {
  readonly rollouts: Pick<Rollouts, "get" | "watch">;
  readonly limits: Pick<Limits, "watchersMax">;
  readonly metrics: Metrics;
};

/** Somebody who watches a rollout. */
export type Watcher = {
  /** Shows a view; only the newest matters. */
  readonly show: (view: RolloutView) => void;
  /** Nothing more comes. */
  readonly end: (error: RequestError) => void;
};

const TICK_MS = 1_000;

/** All who watch a rollout, by either port, bounded in number together. */
export class Watchers {
  readonly #parts: WatcherParts;
  readonly #ends = new Set<(error: RequestError) => void>();

  constructor(parts: WatcherParts) {
    this.#parts = parts;
  }

  /**
   * Shows the rollout as it is, then at every change, and every second while it is under way, until what is returned is called, or it is deleted.
   * Throws CallError `too-many`, or RequestError `unknown`.
   */
  open(name: string, watcher: Watcher): () => void {
    const { limits, metrics, rollouts } = this.#parts;
    const present = viewOf(rollouts, name);
    if (this.#ends.size >= limits.watchersMax) {
      metrics.watchersRefused.inc();
      throw new CallError("too-many", `there are ${limits.watchersMax} watchers already`);
    }
    const timer = setInterval(() => {
      const view = rollouts.get(name);
      if (view !== undefined && !isFinal(view.state)) {
        watcher.show(view);
      }
    }, TICK_MS);
    const close = () => {
      clearInterval(timer);
      unwatch();
      this.#ends.delete(end);
      metrics.watchers.set(this.#ends.size);
    };
    const end = (error: RequestError) => {
      close();
      watcher.end(error);
    };
    const unwatch = rollouts.watch(name, (view) => {
      if (view.state.deletedAtMs === undefined) {
        watcher.show(view);
      } else {
        end(new RequestError("unknown", `${name} was deleted`));
      }
    });
    this.#ends.add(end);
    metrics.watchers.set(this.#ends.size);
    watcher.show(present);
    return close;
  }

  /** Ends all of them. */
  stop(): void {
    for (const end of [...this.#ends]) {
      end(new RequestError("unavailable", "the sidecar is stopping"));
    }
  }
}

/** The rollout as it is. Throws RequestError `unknown` when there is none of that name. */
export function viewOf(rollouts: Pick<Rollouts, "get">, name: string): RolloutView {
  const view = rollouts.get(name);
  if (view === undefined) {
    throw new RequestError("unknown", `no rollout is named ${name}`);
  }
  return view;
}
