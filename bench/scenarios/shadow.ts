import type { Result } from "../report.ts";
import type { SidecarCounts } from "../rig/counts.ts";
import { cpuUs } from "../rig/proc.ts";
import type { Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { measureCpuRatio } from "./cpuRatio.ts";

/** Pairs that may be lost before the figure would be of less than the whole work. */
const LOST_SHARE_MAX = 0.01;

/**
 * The filter's shadow of every request, both answers captured and delivered to the sidecar in batches, to `request_mirror_policies`
 * of every request. Says how many pairs were received and what was dropped; rejects when more than 1 % of the pairs were.
 */
export async function measureShadow(rig: Rig, rounds: number): Promise<Result> {
  await rig.front("filter-shadow");
  const before = await settled(rig.sidecar);
  const upstreamBefore = await rig.upstreamCounts();
  const sidecarCpuBefore = cpuUs(rig.sidecar.pid);
  const measured = await measureCpuRatio(
    rig,
    { ours: "filter-shadow", native: "native-shadow" },
    rounds,
  );
  const after = await settled(rig.sidecar);
  const upstreamAfter = await rig.upstreamCounts();
  const delivery = deliveryOf(before, after);
  const copied =
    (upstreamAfter.candidate - upstreamBefore.candidate) /
    (upstreamAfter.primary - upstreamBefore.primary);
  if (delivery.lostShare > LOST_SHARE_MAX || copied < 1 - LOST_SHARE_MAX) {
    throw new Error(
      `the figure would be of less than the work: ${(copied * 100).toFixed(1)} % of requests were copied, ` +
        `${(delivery.lostShare * 100).toFixed(1)} % of pairs dropped (${JSON.stringify(delivery.drops)})`,
    );
  }
  const sidecarUsPerPair = (cpuUs(rig.sidecar.pid) - sidecarCpuBefore) / delivery.pairs;
  return {
    measurement: "shadow",
    ratio: measured.ratio,
    figures:
      `${measured.oursMedian.toFixed(1)} us / ${measured.nativeMedian.toFixed(1)} us, ` +
      `rounds ${measured.lowest.toFixed(2)} to ${measured.highest.toFixed(2)}; ` +
      `${delivery.pairs} pairs received, ${delivery.dropped} dropped`,
    raw: { ...measured, delivery, sidecarUsPerPair },
  };
}

/** What reached the sidecar between two looks. */
export type Delivery = {
  readonly pairs: number;
  readonly dropped: number;
  readonly lostShare: number;
  readonly drops: Readonly<Record<string, number>>;
};

/** The difference of two counts; only the drops that grew. */
export function deliveryOf(before: SidecarCounts, after: SidecarCounts): Delivery {
  const pairs = after.pairs - before.pairs;
  const grown = Object.entries(after.drops)
    .map(([reason, count]): [string, number] => [reason, count - (before.drops[reason] ?? 0)])
    .filter(([, count]) => count > 0);
  const dropped = grown.reduce((sum, [, count]) => sum + count, 0);
  return {
    pairs,
    dropped,
    lostShare: dropped / (pairs + dropped),
    drops: Object.fromEntries(grown),
  };
}
