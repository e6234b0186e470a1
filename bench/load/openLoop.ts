import { Worker } from "node:worker_threads";
import { type Connection, openConnections } from "./connection.ts";
import { deferred } from "./deferred.ts";
import type { PacerInput } from "./pacer.ts";
import type { Requests } from "./requests.ts";

const CONNECTIONS = 64;
/** Time for the connections to open and the pacer to start before the first request is due. */
const LEAD_MS = 300;

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
  const loop = new OpenLoop(requests, timesMs);
  await loop.connect(port);
  const workerData: PacerInput = { startNs: loop.startNs, timesMs };
  const pacer = new Worker(new URL("./pacer.ts", import.meta.url), { workerData });
  pacer.on("message", () => loop.sendDue());
  pacer.on("error", loop.done.reject);
  try {
    await loop.done.promise;
  } finally {
    await pacer.terminate();
    loop.close();
  }
  return loop;
}

class OpenLoop implements OpenLoopResult {
  readonly startNs: bigint = process.hrtime.bigint() + BigInt(LEAD_MS * 1e6);
  readonly done = deferred();
  readonly latenciesMs: number[] = [];
  failed = 0;
  readonly #requests: Requests;
  readonly #timesMs: readonly number[];
  readonly #dueMs = new Map<Connection, number>();
  #connections: readonly Connection[] = [];
  #idle: Connection[] = [];
  #sent = 0;

  constructor(requests: Requests, timesMs: readonly number[]) {
    this.#requests = requests;
    this.#timesMs = timesMs;
  }

  async connect(port: number): Promise<void> {
    this.#connections = await openConnections(port, CONNECTIONS, {
      onAnswer: (connection, status) => this.#take(connection, status),
      onBroken: this.done.reject,
    });
    this.#idle = [...this.#connections];
  }

  /** Sends what is due. Without an idle connection it waits for an answer, and its latency counts from when it was due all the same. */
  sendDue(): void {
    for (;;) {
      const dueMs = this.#timesMs[this.#sent];
      const request = this.#requests[this.#sent % this.#requests.length];
      if (dueMs === undefined || request === undefined || dueMs > this.#nowMs()) {
        return;
      }
      const connection = this.#idle.pop();
      if (connection === undefined) {
        return;
      }
      this.#dueMs.set(connection, dueMs);
      connection.send(request);
      this.#sent += 1;
    }
  }

  close(): void {
    for (const connection of this.#connections) {
      connection.close();
    }
  }

  #take(connection: Connection, status: number): void {
    this.latenciesMs.push(this.#nowMs() - (this.#dueMs.get(connection) ?? Number.NaN));
    this.failed += status === 200 ? 0 : 1;
    this.#idle.push(connection);
    if (this.latenciesMs.length === this.#timesMs.length) {
      this.done.resolve();
    }
    this.sendDue();
  }

  #nowMs(): number {
    return Number(process.hrtime.bigint() - this.startNs) / 1e6;
  }
}
