import { backoffMs } from "../core/backoff.ts";
import type { Metrics } from "../metrics.ts";
import {
  type Change,
  type Clock,
  type Log,
  type Store,
  type StoredRollout,
  StoreError,
} from "../ports.ts";

const RETRY_MS = { minMs: 200, maxMs: 10_000 };

/** What the keeper needs of its surroundings. */
export type StoreKeeperParts = {
  readonly store: Store;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

/**
 * Saves through a store whose failures leave it unknown what was saved. From the first failure until what is really stored
 * has been read again, nothing is saved: so nothing is decided on a state that may be old, and nothing twice.
 */
export class StoreKeeper {
  readonly #parts: StoreKeeperParts;
  #isDoubtful = false;
  #attempts = 0;
  #nextMs = 0;

  constructor(parts: StoreKeeperParts) {
    this.#parts = parts;
  }

  /** Whether the last thing that the store said was that it failed. */
  get isDoubtful(): boolean {
    return this.#isDoubtful;
  }

  /** Saves the change; false when the store did not confirm it. */
  async save(change: Change): Promise<boolean> {
    if (this.#isDoubtful) {
      return false;
    }
    const { clock, metrics, store } = this.#parts;
    const beganMs = clock.steadyMs();
    try {
      await store.save(change);
      metrics.saves.inc();
      return true;
    } catch (error) {
      this.#failed(error);
      return false;
    } finally {
      metrics.saveSeconds.observe((clock.steadyMs() - beganMs) / 1000);
    }
  }

  /** After a failure, and when it is time to try: all that is really stored. Undefined otherwise, and when that fails too. */
  async recover(): Promise<ReadonlyMap<string, StoredRollout> | undefined> {
    if (!this.#isDoubtful || this.#parts.clock.steadyMs() < this.#nextMs) {
      return undefined;
    }
    try {
      const stored = await this.#parts.store.load();
      this.#isDoubtful = false;
      this.#attempts = 0;
      this.#parts.log.info({ rollouts: stored.size }, "store read again");
      return stored;
    } catch (error) {
      this.#failed(error);
      return undefined;
    }
  }

  #failed(error: unknown): void {
    const { clock, log, metrics, random } = this.#parts;
    const code = error instanceof StoreError ? error.code : "unavailable";
    metrics.storeFailures.inc({ code });
    if (!this.#isDoubtful) {
      const why = error instanceof Error ? error.message : String(error);
      log.error({ code, why }, "store failed: traffic stays, nothing is decided until it answers");
    }
    this.#isDoubtful = true;
    this.#nextMs = clock.steadyMs() + backoffMs(this.#attempts, RETRY_MS, random);
    this.#attempts += 1;
  }
}
