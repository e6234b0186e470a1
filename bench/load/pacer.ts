import { parentPort, workerData } from "node:worker_threads";

// A thread that wakes the load generator at each due time. Timers of the event loop have whole milliseconds, which is longer than the
// latencies that are measured; Atomics.wait sleeps to some tens of microseconds and leaves the core to others meanwhile.

/** What the thread is started with: due times in milliseconds after `startNs` of process.hrtime, rising. */
export type PacerInput = { readonly startNs: bigint; readonly timesMs: readonly number[] };

const input: PacerInput = workerData;
const never = new Int32Array(new SharedArrayBuffer(4));

for (const dueMs of input.timesMs) {
  const aheadMs = dueMs - Number(process.hrtime.bigint() - input.startNs) / 1e6;
  if (aheadMs > 0) {
    Atomics.wait(never, 0, 0, aheadMs);
  }
  parentPort?.postMessage(undefined);
}
