import type { Metrics } from "../metrics.ts";
import type { Batch } from "../ports.ts";

/** Batches waiting to be counted, bounded by their bytes on the wire. */
export class IntakeQueue {
  readonly #batches: Batch[] = [];
  readonly #bytesMax: number;
  readonly #metrics: Metrics;
  /** Index of the first batch not yet taken. */
  #next = 0;
  #bytes = 0;

  constructor(bytesMax: number, metrics: Metrics) {
    this.#bytesMax = bytesMax;
    this.#metrics = metrics;
  }

  /** False, and nothing done, when the batch does not fit. */
  offer(batch: Batch): boolean {
    if (this.#bytes + batch.bytes > this.#bytesMax) {
      this.#metrics.queueRefused.inc({ queue: "observations" });
      return false;
    }
    this.#batches.push(batch);
    this.#grow(batch.bytes);
    return true;
  }

  /** The oldest batch, no longer in the queue; undefined when it is empty. */
  take(): Batch | undefined {
    const batch = this.#batches[this.#next];
    if (batch === undefined) {
      return undefined;
    }
    this.#next += 1;
    if (this.#next === this.#batches.length || this.#next >= 1_024) {
      this.#batches.splice(0, this.#next);
      this.#next = 0;
    }
    this.#grow(-batch.bytes);
    return batch;
  }

  #grow(bytes: number): void {
    this.#bytes += bytes;
    this.#metrics.queueBytes.set(this.#bytes);
  }
}
