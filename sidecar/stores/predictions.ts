import { Worker } from "node:worker_threads";
import { assert } from "../core/assert.ts";
import type { MaturedCase } from "../core/performance/maturity.ts";
import { type Label, type Prediction, RECORDS_MAX } from "../core/performance/prediction.ts";
import type {
  Expired,
  ExpiryLimits,
  MaturedQuery,
  PredictionCounts,
  PredictionStore,
  RecordedLabels,
  RecordedPredictions,
} from "../ports/predictions.ts";
import { StoreError } from "../ports.ts";
import type { PredictionBounds } from "./predictionBounds.ts";
import type {
  PredictionsAnswers,
  PredictionsReply,
  PredictionsRequest,
  PredictionsStart,
} from "./predictionsProtocol.ts";

const THREAD: URL = new URL("./predictionsWorker.ts", import.meta.url);
// In a package that was installed it is JavaScript, as this is.
THREAD.pathname = THREAD.pathname.replace(/\.ts$/, import.meta.url.slice(-3));

/** Requests that may wait for the thread. More are refused, so that a slow disk does not fill the memory. */
export const REQUESTS_MAX = 100;

type Waiting = {
  resolve(value: unknown): void;
  reject(error: Error): void;
};

/**
 * Keeps predictions in one SQLite file, which it holds alone until closed. Rejects with StoreError when the file can't be had.
 *
 * The database lives in a thread of its own: SQLite waits for the disk, when it copies its log into the file above all, and that may take
 * longer than the loop may stand still. It has a file of its own, as the rollouts' store syncs each commit and checks all of its pages when
 * it is opened, which millions of predictions are not worth. A thread that ends is started again with the next request.
 */
export async function openPredictionStore(
  path: string,
  bounds: PredictionBounds,
): Promise<PredictionStore> {
  const store = new ThreadedPredictions({ path, bounds });
  try {
    await store.counts();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

class ThreadedPredictions implements PredictionStore {
  readonly #start: PredictionsStart;
  #thread: Worker | undefined;
  #isClosed = false;
  /** In the order of the requests, which is that of the replies. */
  #waiting: Waiting[] = [];

  constructor(start: PredictionsStart) {
    this.#start = start;
  }

  async recordPredictions(predictions: readonly Prediction[]): Promise<RecordedPredictions> {
    assert(predictions.length <= RECORDS_MAX, "too many predictions in one call");
    return await this.#ask({ kind: "recordPredictions", predictions });
  }

  async recordLabels(labels: readonly Label[], nowMs: number): Promise<RecordedLabels> {
    assert(labels.length <= RECORDS_MAX, "too many labels in one call");
    return await this.#ask({ kind: "recordLabels", labels, nowMs });
  }

  async takeMatured(wanted: MaturedQuery): Promise<readonly MaturedCase[]> {
    return await this.#ask({ kind: "takeMatured", wanted });
  }

  async expire(limits: ExpiryLimits): Promise<Expired> {
    return await this.#ask({ kind: "expire", limits });
  }

  async counts(): Promise<PredictionCounts> {
    return await this.#ask({ kind: "counts" });
  }

  async close(): Promise<void> {
    const thread = this.#thread;
    if (thread === undefined || this.#isClosed) {
      this.#isClosed = true;
      return;
    }
    const ended = new Promise<void>((resolve) => thread.once("exit", () => resolve()));
    const closed = this.#send(thread, { kind: "close" });
    this.#isClosed = true;
    // What failed in the thread was told to who had asked for it.
    await Promise.allSettled([closed, ended]);
  }

  #ask<Kind extends PredictionsRequest["kind"]>(
    request: Extract<PredictionsRequest, { kind: Kind }>,
  ): Promise<PredictionsAnswers[Kind]> {
    if (this.#isClosed) {
      return Promise.reject(new StoreError("unavailable", "the prediction store is closed"));
    }
    if (this.#waiting.length >= REQUESTS_MAX) {
      const message = `the prediction store is behind: ${REQUESTS_MAX} requests wait`;
      return Promise.reject(new StoreError("unavailable", message));
    }
    return this.#send(this.#running(), request);
  }

  #send<Kind extends PredictionsRequest["kind"]>(
    thread: Worker,
    request: Extract<PredictionsRequest, { kind: Kind }>,
  ): Promise<PredictionsAnswers[Kind]> {
    return new Promise((resolve, reject) => {
      thread.postMessage(request);
      this.#waiting.push({ resolve, reject });
    });
  }

  #running(): Worker {
    if (this.#thread !== undefined) {
      return this.#thread;
    }
    const thread = new Worker(THREAD, { workerData: this.#start });
    thread.on("message", (reply: PredictionsReply) => this.#settle(reply));
    thread.on("error", (error) => this.#ended(thread, String(error)));
    thread.on("exit", (code) => this.#ended(thread, `exit code ${code}`));
    this.#thread = thread;
    return thread;
  }

  #settle(reply: PredictionsReply): void {
    const oldest = this.#waiting.shift();
    if ("done" in reply) {
      oldest?.resolve(reply.done);
    } else {
      oldest?.reject(new StoreError(reply.failed.code, reply.failed.message));
    }
  }

  /** Tells all who wait that nothing will come: whether their operation was made is not known. */
  #ended(thread: Worker, why: string): void {
    if (this.#thread !== thread) {
      return;
    }
    this.#thread = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { reject } of waiting) {
      reject(new StoreError("unavailable", `the thread of the prediction store ended: ${why}`));
    }
  }
}
