import type { FrontKind } from "../rig/envoyConfig.ts";
import type { Front, Rig } from "../rig/rig.ts";
import { median, type RatioSummary, summariseRounds } from "../stats.ts";
import { type CpuRound, measureCpu } from "./cpu.ts";

/** Short, so that both sides of a round see the same machine; many of them make up for it. */
const SPELL_MS = 1000;

/** Our way and Envoy's own way to do the same job. */
export type Sides = { readonly ours: FrontKind; readonly native: FrontKind };

/** Interleaved rounds of two front Envoys. */
export type CpuRatio = RatioSummary & {
  readonly details: readonly { readonly ours: CpuRound; readonly native: CpuRound }[];
};

/** CPU time per request of ours to native's, in `rounds` rounds of one spell each; every second round begins with the other side. */
export async function measureCpuRatio(rig: Rig, sides: Sides, rounds: number): Promise<CpuRatio> {
  const ours = await rig.front(sides.ours);
  const native = await rig.front(sides.native);
  const spell = (front: Front): Promise<CpuRound> => measureCpu(front, rig.requests, SPELL_MS);
  const details: { ours: CpuRound; native: CpuRound }[] = [];
  for (let round = 0; round < rounds; round++) {
    details.push(await alternate(round, { ours: () => spell(ours), native: () => spell(native) }));
  }
  const summary = summariseRounds(
    details.map((round) => ({
      ours: round.ours.usPerRequest,
      native: round.native.usPerRequest,
    })),
  );
  return { ...summary, details };
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
  const busy = median(details.map(({ ours, native }) => Math.min(ours.busy, native.busy)));
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
