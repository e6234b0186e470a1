import type { Result } from "../report.ts";
import type { SidecarCounts } from "../rig/counts.ts";
import { cpuUs } from "../rig/proc.ts";
import type { Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { describeCpu, measureCpuRatio } from "./cpuRatio.ts";

/** Share of pairs that must arrive, else the figure would be of less than the whole work. */
const DELIVERED_SHARE_MIN = 0.99;

/**
 * The filter's shadow of every request, both answers captured and delivered to the sidecar in batches, to `request_mirror_policies`
 * of every request. Says how many pairs were received and what was dropped; rejects when fewer than 99 % of the pairs arrived.
 */
export async function measureShadow(rig: Rig, rounds: number): Promise<Result> {
  await rig.front("filter-shadow");
  const before = await settled(rig.sidecar);
  const sidecarCpuBefore = cpuUs(rig.sidecar.pid);
  const measured = await measureCpuRatio(
    rig,
    { ours: "filter-shadow", native: "native-shadow" },
    rounds,
  );
  const delivery = deliveryOf(measured.sent, before, await settled(rig.sidecar));
  checkDelivery(delivery);
  const { figures, doubt } = describeCpu(measured);
  const sidecarUsPerPair = (cpuUs(rig.sidecar.pid) - sidecarCpuBefore) / delivery.pairs;
  return {
    measurement: "shadow",
    ratio: measured.ratio,
    figures: `${figures}; ${delivery.pairs} pairs of ${delivery.sent} requests received`,
    doubt,
    raw: { ...measured, delivery, sidecarUsPerPair },
  };
}

/** What reached the sidecar of the shadowed requests that were sent between two looks. */
export type Delivery = {
  readonly sent: number;
  readonly pairs: number;
  readonly deliveredShare: number;
  readonly drops: Readonly<Record<string, number>>;
};

/** The difference of two counts; only the drops that grew. */
export function deliveryOf(sent: number, before: SidecarCounts, after: SidecarCounts): Delivery {
  const pairs = after.pairs - before.pairs;
  const grown = Object.entries(after.drops)
    .map(([reason, count]): [string, number] => [reason, count - (before.drops[reason] ?? 0)])
    .filter(([, count]) => count > 0);
  return { sent, pairs, deliveredShare: pairs / sent, drops: Object.fromEntries(grown) };
}

/** Throws when too many pairs are missing for a figure to be of the whole work. */
export function checkDelivery({ sent, pairs, deliveredShare, drops }: Delivery): void {
  if (deliveredShare < DELIVERED_SHARE_MIN) {
    throw new Error(
      `only ${pairs} pairs of ${sent} requests reached the sidecar, drops: ${JSON.stringify(drops)}`,
    );
  }
}
