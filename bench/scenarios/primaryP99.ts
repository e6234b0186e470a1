import { runOpenLoop } from "../load/openLoop.ts";
import { poissonTimesMs } from "../load/random.ts";
import type { Result } from "../report.ts";
import { runWhenIdle } from "../rig/cores.ts";
import type { Front, Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { quantile, summariseRounds } from "../stats.ts";
import { measureCpu } from "./cpu.ts";
import { alternate } from "./cpuRatio.ts";
import { checkDelivery, deliveryOf } from "./shadow.ts";

const CAPACITY_MS = 1500;
const SPELL_MS = 4000;

type Latencies = { readonly p50Ms: number; readonly p99Ms: number; readonly requests: number };

/**
 * The user's p99 with the filter's shadow on to that with native mirroring on, both at the same rate: a third of what the slower
 * of the two can do. Arrivals are a Poisson process, the same one for both sides of a round; latency counts from the intended time.
 *
 * On two cores the sidecar runs on the one that also holds the clock and the upstream. It runs there only when neither wants to, so that users
 * wait for Envoy, not for a sidecar that has the core; it keeps up all the same, and its pairs are counted. (The lowest priority is not
 * enough: Linux lets a process that has the core keep it for a slice of about a millisecond, whatever the priority of the one that wakes.)
 */
export async function measurePrimaryP99(rig: Rig, rounds: number): Promise<Result> {
  const ours = await rig.front("filter-shadow");
  const native = await rig.front("native-shadow");
  const capacity = Math.min(
    (await measureCpu(ours, rig.requests, CAPACITY_MS)).perSecond,
    (await measureCpu(native, rig.requests, CAPACITY_MS)).perSecond,
  );
  const perSecond = capacity / 3;
  const doubt = runWhenIdle(rig.sidecar.pid);
  const countsBefore = await settled(rig.sidecar);
  const details: { ours: Latencies; native: Latencies }[] = [];
  for (let round = 0; round < rounds; round++) {
    const timesMs = poissonTimesMs(perSecond, SPELL_MS, round + 1);
    const spell = (front: Front): Promise<Latencies> => measureLatencies(rig, front, timesMs);
    details.push(await alternate(round, { ours: () => spell(ours), native: () => spell(native) }));
  }
  const sent = details.reduce((sum, round) => sum + round.ours.requests, 0);
  const delivery = deliveryOf(sent, countsBefore, await settled(rig.sidecar));
  checkDelivery(delivery);
  const summary = summariseRounds(
    details.map((round) => ({ ours: round.ours.p99Ms, native: round.native.p99Ms })),
  );
  return {
    measurement: "primaryP99",
    ratio: summary.ratio,
    figures:
      `${summary.oursMedian.toFixed(2)} ms / ${summary.nativeMedian.toFixed(2)} ms, ` +
      `rounds ${summary.lowest.toFixed(2)} to ${summary.highest.toFixed(2)}; ${perSecond.toFixed(0)} requests/s`,
    doubt,
    raw: { ...summary, perSecond, delivery, details },
  };
}

async function measureLatencies(
  rig: Rig,
  front: Front,
  timesMs: readonly number[],
): Promise<Latencies> {
  const { latenciesMs, failed } = await runOpenLoop(front.port, rig.requests, timesMs);
  if (failed > 0) {
    throw new Error(`${failed} of ${timesMs.length} requests failed: nothing to compare`);
  }
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    requests: latenciesMs.length,
  };
}
