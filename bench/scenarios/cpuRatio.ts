import type { FrontKind } from "../rig/envoyConfig.ts";
import type { Rig } from "../rig/rig.ts";
import { median, type RatioSummary, summariseRounds } from "../stats.ts";
import { type CpuCost, saturate, sumOf, WARM_REQUESTS } from "./cpu.ts";

/** Short, and many of each side by turns in a round: the machine is now fast, now slow, and both sides are to see the same of it. */
const SPELL_REQUESTS = 2_000;
const SPELLS = 6;

/** Our way and Envoy's own way to do the same job. */
export type Sides = { readonly ours: FrontKind; readonly native: FrontKind };

/** Interleaved rounds of two front Envoys. */
export type CpuRatio = RatioSummary & {
  readonly details: readonly { readonly ours: CpuCost; readonly native: CpuCost }[];
  /** Requests sent to our side, those that warmed it included. */
  readonly sent: number;
};

/** CPU time per request of ours to native's, in `rounds` rounds of as many spells of each side, which take turns in beginning. */
export async function measureCpuRatio(rig: Rig, sides: Sides, rounds: number): Promise<CpuRatio> {
  const ours = await saturate(await rig.front(sides.ours), rig.requests);
  const native = await saturate(await rig.front(sides.native), rig.requests);
  const details: { ours: CpuCost; native: CpuCost }[] = [];
  for (let round = 0; round < rounds; round++) {
    const spells: { ours: CpuCost; native: CpuCost }[] = [];
    for (let spell = 0; spell < SPELLS; spell++) {
      const spend = {
        ours: () => ours.spend(SPELL_REQUESTS),
        native: () => native.spend(SPELL_REQUESTS),
      };
      spells.push(await alternate(spell, spend));
    }
    details.push({
      ours: sumOf(spells.map((spell) => spell.ours)),
      native: sumOf(spells.map((spell) => spell.native)),
    });
  }
  ours.close();
  native.close();
  const summary = summariseRounds(
    details.map((round) => ({
      ours: round.ours.cpuUs / round.ours.requests,
      native: round.native.cpuUs / round.native.requests,
    })),
  );
  return { ...summary, details, sent: WARM_REQUESTS + rounds * SPELLS * SPELL_REQUESTS };
}

/** Runs both sides one after the other, ours first in even rounds and last in odd ones, so that neither always follows the other. */
export async function alternate<T>(
  round: number,
  run: { readonly ours: () => Promise<T>; readonly native: () => Promise<T> },
): Promise<{ ours: T; native: T }> {
  if (round % 2 === 0) {
    const ours = await run.ours();
    return { ours, native: await run.native() };
  }
  const native = await run.native();
  return { ours: await run.ours(), native };
}

/** Envoy was not the bottleneck below this: it then wakes up for less work at a time, and a request costs more CPU time. */
const BUSY_MIN = 0.8;

/** The figures of a ratio of CPU times in one line, and the doubt about them when Envoy was not saturated. */
export function describeCpu(measured: CpuRatio): { figures: string; doubt: string | undefined } {
  const { oursMedian, nativeMedian, lowest, highest, details } = measured;
  const busyOf = ({ cpuUs, wallUs }: CpuCost): number => cpuUs / wallUs;
  const busy = median(details.map(({ ours, native }) => Math.min(busyOf(ours), busyOf(native))));
  const percent = `${(busy * 100).toFixed(0)} %`;
  return {
    figures:
      `${oursMedian.toFixed(1)} us / ${nativeMedian.toFixed(1)} us, ` +
      `rounds ${lowest.toFixed(2)} to ${highest.toFixed(2)}, Envoy's core ${percent} busy`,
    doubt:
      busy < BUSY_MIN
        ? `Envoy was to be saturated and was only ${percent} busy: something else uses these cores`
        : undefined,
  };
}
