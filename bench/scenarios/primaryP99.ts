import { runOpenLoop } from "../load/openLoop.ts";
import { poissonTimesMs } from "../load/random.ts";
import type { Result } from "../report.ts";
import { runWhenIdle } from "../rig/cores.ts";
import { stolenUs } from "../rig/proc.ts";
import type { Front, Rig } from "../rig/rig.ts";
import { settled } from "../rig/sidecar.ts";
import { quantile, summariseRounds } from "../stats.ts";
import { measureCpu } from "./cpu.ts";
import { alternate } from "./cpuRatio.ts";
import { checkDelivery, deliveryOf } from "./shadow.ts";

const CAPACITY_MS = 1500;
/** Short, so that many end before the hypervisor takes a core away again. */
const SPELL_MS = 500;
/** Undisturbed spells of each side in a round, and how many are tried for them. */
const SPELLS = 12;
const SPELLS_MAX = 36;
/** The least that the machine can say of stolen time. */
const STOLEN_US_MAX = 10_000;

type Latencies = { readonly p50Ms: number; readonly p99Ms: number; readonly requests: number };
type Spell = { readonly latenciesMs: readonly number[]; readonly stolenUs: number };
type Spells = { readonly ours: Spell; readonly native: Spell };
type Round = {
  readonly ours: Latencies;
  readonly native: Latencies;
  /** Spells of each side, and those among them in which no core was taken away. */
  readonly tried: number;
  readonly undisturbed: number;
};

/**
 * The user's p99 with the filter's shadow on to that with native mirroring on, both at the same rate: a third of what the slower
 * of the two can do. Arrivals are a Poisson process, the same one for both sides of a spell; latency counts from the intended time.
 * A spell in which the hypervisor kept a core from this machine is taken again, for both sides: its slowest requests waited for
 * somebody else's machine, and tell nothing of either.
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
  const competing = runWhenIdle(rig.sidecar.pid);
  const countsBefore = await settled(rig.sidecar);
  let sent = 0;
  const takeSpell = async (seed: number): Promise<Spells> => {
    const timesMs = poissonTimesMs(perSecond, SPELL_MS, seed);
    sent += timesMs.length;
    const spell = (front: Front): Promise<Spell> => measureSpell(rig, front, timesMs);
    return await alternate(seed, { ours: () => spell(ours), native: () => spell(native) });
  };
  const details: Round[] = [];
  for (let round = 0; round < rounds; round++) {
    details.push(await measureRound(round, takeSpell));
  }
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
    doubt: competing ?? disturbance(details),
    raw: { ...summary, perSecond, delivery, details },
  };
}

/** Takes spells until enough were undisturbed; all of them count where that never happens. */
async function measureRound(
  round: number,
  takeSpell: (seed: number) => Promise<Spells>,
): Promise<Round> {
  const spells: Spells[] = [];
  const undisturbed: Spells[] = [];
  while (undisturbed.length < SPELLS && spells.length < SPELLS_MAX) {
    const taken = await takeSpell(round * SPELLS_MAX + spells.length + 1);
    spells.push(taken);
    if (Math.max(taken.ours.stolenUs, taken.native.stolenUs) <= STOLEN_US_MAX) {
      undisturbed.push(taken);
    }
  }
  const counted = undisturbed.length === SPELLS ? undisturbed : spells;
  return {
    ours: latenciesOf(counted.flatMap(({ ours }) => ours.latenciesMs)),
    native: latenciesOf(counted.flatMap(({ native }) => native.latenciesMs)),
    tried: spells.length,
    undisturbed: undisturbed.length,
  };
}

function latenciesOf(latenciesMs: readonly number[]): Latencies {
  return {
    p50Ms: quantile(latenciesMs, 0.5),
    p99Ms: quantile(latenciesMs, 0.99),
    requests: latenciesMs.length,
  };
}

/** Why the figure is in doubt, if rounds had too few spells without disturbance. */
function disturbance(details: readonly Round[]): string | undefined {
  const disturbed = details.filter(({ undisturbed }) => undisturbed < SPELLS).length;
  return disturbed === 0
    ? undefined
    : `the hypervisor took cores away: ${disturbed} of ${details.length} rounds had fewer than ${SPELLS} spells without it`;
}

async function measureSpell(rig: Rig, front: Front, timesMs: readonly number[]): Promise<Spell> {
  const before = stolenUs();
  const { latenciesMs, failed } = await runOpenLoop(front.port, rig.requests, timesMs);
  if (failed > 0) {
    throw new Error(`${failed} of ${timesMs.length} requests failed: nothing to compare`);
  }
  return { latenciesMs, stolenUs: stolenUs() - before };
}
