import { readStats } from "../../sidecar/envoy/stats.ts";
import { ClosedLoop } from "../load/closedLoop.ts";
import type { Result } from "../report.ts";
import { residentBytes } from "../rig/proc.ts";
import type { Front, Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { checkDelivery, deliveryOf } from "./shadow.ts";

const WARM_REQUESTS = 50_000;
const REQUESTS = 200_000;

type Memory = {
  /** Resident memory of the whole process, the filter's linear memory included. */
  readonly residentBytes: number;
  /** What Envoy itself has allocated (tcmalloc, without V8), and the filter's own gauges of memory. */
  readonly stats: Readonly<Record<string, number>>;
};

/** Memory of the front Envoy after a warm-up and after 200,000 more shadowed requests, each time at rest. */
export async function measureMemory(rig: Rig): Promise<Result> {
  const front = await rig.front("filter-shadow");
  await sendRequests(rig, front, WARM_REQUESTS);
  const countsBefore = await settled(rig.sidecar);
  const before = await memoryOf(front);
  await sendRequests(rig, front, REQUESTS);
  const delivery = deliveryOf(REQUESTS, countsBefore, await settled(rig.sidecar));
  checkDelivery(delivery);
  const after = await memoryOf(front);
  const growthBytes = after.residentBytes - before.residentBytes;
  const bytesPerRequest = growthBytes / REQUESTS;
  return {
    measurement: "memory",
    ratio: after.residentBytes / before.residentBytes,
    figures:
      `${mebibytes(before.residentBytes)} MiB, then ${growthBytes} bytes more ` +
      `(${bytesPerRequest.toFixed(2)} bytes/request); ${delivery.pairs} pairs received`,
    raw: { requests: REQUESTS, growthBytes, bytesPerRequest, before, after, delivery },
  };
}

async function sendRequests(rig: Rig, front: Front, count: number): Promise<void> {
  const load = await ClosedLoop.open(front.port, rig.requests);
  await load.run(count);
  load.close();
}

async function memoryOf(front: Front): Promise<Memory> {
  const stats = await readStats(front.adminPort, "^server.memory_allocated$|^wasmcustom.*memory");
  return {
    residentBytes: residentBytes(front.pid),
    stats: Object.fromEntries(stats),
  };
}

function mebibytes(bytes: number): string {
  return (bytes / 2 ** 20).toFixed(1);
}
