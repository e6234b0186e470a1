import { setTimeout as sleep } from "node:timers/promises";
import { ClosedLoop } from "../load/closedLoop.ts";
import type { Requests } from "../load/requests.ts";
import { cpuUs } from "../rig/proc.ts";
import type { Front } from "../rig/rig.ts";

/** Enough that the front is never idle, few enough that its queues stay short. */
const CONNECTIONS = 32;
/** Connections and pools are made, and Envoy's caches are warm, before the count begins. */
const WARM_MS = 400;

/** One spell of a saturated front Envoy. */
export type CpuRound = {
  readonly usPerRequest: number;
  /** Requests in the time that was measured, and all that were sent in the spell. */
  readonly requests: number;
  readonly sent: number;
  readonly perSecond: number;
  /** CPU time over wall time of the front Envoy: near 1 when it was the bottleneck. */
  readonly busy: number;
};

/** Saturates the front for `durationMs` and counts its CPU time per request. Rejects when a request failed. */
export async function measureCpu(
  front: Front,
  requests: Requests,
  durationMs: number,
): Promise<CpuRound> {
  const load = await ClosedLoop.start(front.port, CONNECTIONS, requests);
  await sleep(WARM_MS);
  const read = () => ({ cpu: cpuUs(front.pid), count: load.answered, at: performance.now() });
  const before = read();
  await sleep(durationMs);
  const after = read();
  await load.stop();
  if (load.failed > 0) {
    throw new Error(`${load.failed} of ${load.answered} requests failed: nothing to compare`);
  }
  const count = after.count - before.count;
  const wallMs = after.at - before.at;
  return {
    usPerRequest: (after.cpu - before.cpu) / count,
    requests: count,
    sent: load.answered,
    perSecond: (count * 1000) / wallMs,
    busy: (after.cpu - before.cpu) / (wallMs * 1000),
  };
}
