import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Result } from "../report.ts";
import { type Round, summariseRounds } from "../stats.ts";

const MEASURE: string = fileURLToPath(new URL("../pairs/measure.ts", import.meta.url));

/**
 * CPU time per pair of the sidecar's own way from the wire to a verdict, to the floor: protobuf decode and JSON.parse of both bodies.
 * In a process of its own, so that nothing else of this run has shaped what the engine made of the code.
 */
export async function measurePairCost(rounds: number): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE, String(rounds)]);
  const measured: { readonly rounds: readonly Round[]; readonly pairs: number } =
    JSON.parse(stdout);
  const summary = summariseRounds(measured.rounds);
  return {
    measurement: "sidecar",
    ratio: summary.ratio,
    figures:
      `${summary.oursMedian.toFixed(2)} us / ${summary.nativeMedian.toFixed(2)} us, ` +
      `rounds ${summary.lowest.toFixed(2)} to ${summary.highest.toFixed(2)}; ${measured.pairs} pairs a round`,
    raw: { ...summary, pairsPerRound: measured.pairs },
  };
}
