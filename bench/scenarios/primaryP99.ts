import { runOpenLoop } from "../load/openLoop.ts";
import { poissonTimesMs } from "../load/random.ts";
import type { Result } from "../report.ts";
import { takeTurns } from "../rig/cores.ts";
import { stolenUs } from "../rig/proc.ts";
import type { Front, Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { quantile, summariseRounds } from "../stats.ts";
import { saturate } from "./cpu.ts";
import { alternate } from "./cpuRatio.ts";
import { checkDelivery, deliveryOf } from "./shadow.ts";

const CAPACITY_REQUESTS = 10_000;
/** Short, so that many end before the hypervisor takes a core away again. */
const SPELL_MS = 500;
/** Undisturbed pairs of spells that are wanted for each round, and how many are tried for them. */
const PAIRS = 12;
const PAIRS_MAX = 24;
/** The least that the machine can say of stolen time. */
const STOLEN_US_MAX = 10_000;

/** What users waited in one spell, and what the hypervisor took in it. */
type Spell = {
  readonly p50Ms: number;
  readonly p90Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly stolenUs: number;
};
/** Both sides under the same arrivals, one after the other. */
type Pair = { readonly ours: Spell; readonly native: Spell };

/**
 * The user's p99 with the filter's shadow on to that with native mirroring on, both at the same rate: a third of what the slower
 * of the two can do. Arrivals are a Poisson process, the same one for both sides of a pair of spells; latency counts from the intended time.
 * The figure is the median of the pairs' ratios: native to itself differs by a third in the p99 of all requests of a minute, as few moments
 * of the machine make it, and by a tenth in the median of fifty pairs. A pair in which the hypervisor kept a core from this machine is taken
 * again: its slowest requests waited for somebody else's machine, and tell nothing of either side.
 *
 * On two cores load, upstream and sidecar share one. The load goes first, else its clock would tell how long it waited for that core; the
 * sidecar runs when nobody else wants to, so that users wait for Envoy, not for a sidecar that has the core; it keeps up all the same, and its
 * pairs are counted. (Nice values are not enough: Linux lets a process that has the core keep it for milliseconds, whoever wakes.)
 */
export async function measurePrimaryP99(rig: Rig, rounds: number): Promise<Result> {
  const ours = await rig.front("filter-shadow");
  const native = await rig.front("native-shadow");
  const capacity = Math.min(await capacityOf(rig, ours), await capacityOf(rig, native));
  const perSecond = capacity / 3;
  const countsBefore = await settled(rig.sidecar);
  const competing = takeTurns(rig.sidecar.pid, "idle") ?? takeTurns(process.pid, "first");
  const tried = await takePairs(rounds, async (seed) => {
    const timesMs = poissonTimesMs(perSecond, SPELL_MS, seed);
    const spell = (front: Front): Promise<Spell> => measureSpell(rig, front, timesMs);
    return await alternate(seed, { ours: () => spell(ours), native: () => spell(native) });
  }).finally(() => takeTurns(process.pid, "fair"));
  const sent = tried.reduce((sum, pair) => sum + pair.ours.requests, 0);
  const delivery = deliveryOf(sent, countsBefore, await settled(rig.sidecar));
  checkDelivery(delivery);
  const undisturbed = tried.filter(isUndisturbed);
  const counted = undisturbed.length >= rounds ? undisturbed : tried;
  const { rounds: p99s, ...summary } = summariseRounds(
    counted.map((pair) => ({ ours: pair.ours.p99Ms, native: pair.native.p99Ms })),
  );
  const ratios = p99s.map((p99) => p99.ours / p99.native);
  const middle = [0.25, 0.75].map((q) => quantile(ratios, q).toFixed(2));
  return {
    measurement: "primaryP99",
    ratio: summary.ratio,
    figures:
      `${summary.oursMedian.toFixed(2)} ms / ${summary.nativeMedian.toFixed(2)} ms in the median of ${counted.length} spells, ` +
      `the middle half ${middle.join(" to ")}; ${perSecond.toFixed(0)} requests/s`,
    doubt: competing ?? disturbance(undisturbed.length, { tried: tried.length, rounds }),
    raw: { ...summary, perSecond, delivery, undisturbed: undisturbed.length, tried },
  };
}

/** Requests per second that saturate a front Envoy. */
async function capacityOf(rig: Rig, front: Front): Promise<number> {
  const saturated = await saturate(front, rig.requests);
  const { requests, wallUs } = await saturated.spend(CAPACITY_REQUESTS);
  saturated.close();
  return requests / (wallUs / 1e6);
}

/** Takes pairs of spells until enough were undisturbed, or far too many were not. */
async function takePairs(
  rounds: number,
  take: (seed: number) => Promise<Pair>,
): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  let undisturbed = 0;
  while (undisturbed < rounds * PAIRS && pairs.length < rounds * PAIRS_MAX) {
    const pair = await take(pairs.length + 1);
    pairs.push(pair);
    undisturbed += isUndisturbed(pair) ? 1 : 0;
  }
  return pairs;
}

function isUndisturbed({ ours, native }: Pair): boolean {
  return Math.max(ours.stolenUs, native.stolenUs) <= STOLEN_US_MAX;
}

/** Why the figure is in doubt, if fewer pairs were undisturbed than were wanted. */
function disturbance(
  undisturbed: number,
  { tried, rounds }: { tried: number; rounds: number },
): string | undefined {
  const wanted = rounds * PAIRS;
  const counted = undisturbed < rounds ? "all" : "only these";
  return undisturbed >= wanted
    ? undefined
    : `the hypervisor took cores away: ${undisturbed} of ${tried} pairs of spells went without it, ${wanted} were wanted; ${counted} count`;
}

async function measureSpell(rig: Rig, front: Front, timesMs: readonly number[]): Promise<Spell> {
  const before = stolenUs();
  const { latenciesMs, failed } = await runOpenLoop(front.port, rig.requests, timesMs);
  if (failed > 0) {
    throw new Error(`${failed} of ${timesMs.length} requests failed: nothing to compare`);
  }
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p90Ms: quantile(latenciesMs, 0.9),
    p99Ms: quantile(latenciesMs, 0.99),
    requests: timesMs.length,
    stolenUs: stolenUs() - before,
  };
}
