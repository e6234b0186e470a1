import { Worker } from "node:worker_threads";
import { type Connection, openConnections } from "./connection.ts";
import { deferred } from "./deferred.ts";
import type { PacerInput } from "./pacer.ts";
import type { Requests } from "./requests.ts";

const CONNECTIONS = 64;
/** Time for the thread to start and the connections to open before the first request is due. */
const LEAD_MS = 200;

/** What a load at fixed times saw. */
export type OpenLoopResult = {
  /** For each request, from the time it was to be sent to the last byte of its answer; in the order of the answers. */
  readonly latenciesMs: readonly number[];
  readonly failed: number;
};

/**
 * Sends requests at the given times (milliseconds from the start), whether or not earlier ones were answered, and resolves when
 * all are. Latency counts from the intended time, so a stall is charged to every request that it delayed (no coordinated omission).
 */
export async function runOpenLoop(
  port: number,
  requests: Requests,
  timesMs: readonly number[],
): Promise<OpenLoopResult> {
  const latenciesMs: number[] = [];
  const done = deferred();
  const dueOf = new Map<Connection, number>();
  let sent = 0;
  let failed = 0;
  const startNs = process.hrtime.bigint() + BigInt(LEAD_MS * 1e6);
  const nowMs = (): number => Number(process.hrtime.bigint() - startNs) / 1e6;

  const sendDue = (): void => {
    for (;;) {
      const dueMs = timesMs[sent];
      const request = requests[sent % requests.length];
      if (dueMs === undefined || request === undefined || dueMs > nowMs()) {
        return;
      }
      const connection = idle.pop();
      if (connection === undefined) {
        return; // sent when an answer frees one; its latency counts from dueMs all the same
      }
      dueOf.set(connection, dueMs);
      connection.send(request);
      sent += 1;
    }
  };
  const opened = await openConnections(port, CONNECTIONS, {
    onAnswer: (connection, status) => {
      latenciesMs.push(nowMs() - (dueOf.get(connection) ?? Number.NaN));
      failed += status === 200 ? 0 : 1;
      idle.push(connection);
      if (latenciesMs.length === timesMs.length) {
        done.resolve();
      }
      sendDue();
    },
    onBroken: done.reject,
  });
  const idle = [...opened];
  const workerData: PacerInput = { startNs, timesMs };
  const pacer = new Worker(new URL("./pacer.ts", import.meta.url), { workerData });
  pacer.on("message", sendDue);
  pacer.on("error", done.reject);
  await done.promise;
  await pacer.terminate();
  for (const connection of opened) {
    connection.close();
  }
  return { latenciesMs, failed };
}
