import { ClosedLoop } from "../load/closedLoop.ts";
import type { Requests } from "../load/requests.ts";
import { threadsCpuUs } from "../rig/proc.ts";
import type { Front } from "../rig/rig.ts";

/** Connections and pools are made, and Envoy's caches are warm, before the count begins. */
export const WARM_REQUESTS = 2_000;

/** What requests cost a saturated front Envoy; adds up over spells. */
export type CpuCost = {
  readonly requests: number;
  readonly cpuUs: number;
  readonly wallUs: number;
};

/** A front Envoy, with the load that saturates it. */
export type Saturated = {
  /** Sends so many requests as fast as they are answered. Rejects when one failed. */
  spend(requests: number): Promise<CpuCost>;
  close(): void;
};

/** Connects to a front Envoy and warms it. Nothing is sent but by `spend`. */
export async function saturate(front: Front, requests: Requests): Promise<Saturated> {
  const load = await ClosedLoop.open(front.port, requests);
  await load.run(WARM_REQUESTS);
  return {
    spend: async (count) => {
      const cpuBefore = threadsCpuUs(front.pid);
      const startMs = performance.now();
      await load.run(count);
      const wallUs = (performance.now() - startMs) * 1000;
      return { requests: count, cpuUs: threadsCpuUs(front.pid) - cpuBefore, wallUs };
    },
    close: () => load.close(),
  };
}

/** The cost of several spells together. */
export function sumOf(costs: readonly CpuCost[]): CpuCost {
  const add = (of: (cost: CpuCost) => number): number =>
    costs.reduce((sum, cost) => sum + of(cost), 0);
  return {
    requests: add(({ requests }) => requests),
    cpuUs: add(({ cpuUs }) => cpuUs),
    wallUs: add(({ wallUs }) => wallUs),
  };
}
