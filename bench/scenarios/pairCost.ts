import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DRIFT_ROWS_PER_SECOND_MAX } from "../../sidecar/loop/examiner.ts";
import type { LargePair } from "../pairs/largeWire.ts";
import { PAIRS_PER_SECOND } from "../pairs/wire.ts";
import type { Result } from "../report.ts";
import { type RatioSummary, type Round, summariseRounds } from "../stats.ts";

const MEASURE: string = fileURLToPath(new URL("../pairs/measure.ts", import.meta.url));
const MEASURE_WATCHED: string = fileURLToPath(
  new URL("../pairs/measureWatched.ts", import.meta.url),
);

/**
 * CPU time per pair of the sidecar's own way from the wire to a verdict, to the floor: protobuf decode and JSON.parse of both bodies.
 * In a process of its own, so that nothing else of this run has shaped what the engine made of the code.
 */
export async function measurePairCost(rounds: number): Promise<Result> {
  const cost = await costOf(rounds, "small");
  return { measurement: "sidecar", ratio: cost.ratio, figures: figuresOf(cost), raw: cost };
}

/** The same of equal pairs of 100 kB: those whose bytes are the same, and those that differ in fields that the plan ignores. The worse ratio. */
export async function measureLargePairCost(rounds: number): Promise<Result> {
  const same = await costOf(rounds, "same");
  const ignored = await costOf(rounds, "ignored");
  return {
    measurement: "largePair",
    ratio: Math.max(same.ratio, ignored.ratio),
    figures: `same bytes ${same.ratio.toFixed(2)}: ${figuresOf(same)}; but for ignored fields ${ignored.ratio.toFixed(2)}: ${figuresOf(ignored)}`,
    raw: { same, ignored },
  };
}

/** What a pair costs more when its request is captured and its features are watched for drift, to the floor of a pair. */
export async function measureWatchedCost(rounds: number): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE_WATCHED, String(rounds)]);
  const measured: readonly Readonly<Record<"floor" | "plain" | "watched" | "each", number>>[] =
    JSON.parse(stdout);
  const addedBy = (way: "watched" | "each") =>
    summariseRounds(
      measured.map(({ floor, plain, [way]: cost }) => ({ ours: cost - plain, native: floor })),
    );
  const { ratio, oursMedian, nativeMedian, lowest, highest } = addedBy("watched");
  return {
    measurement: "sidecarDrift",
    ratio,
    figures:
      `${oursMedian.toFixed(2)} us more / ${nativeMedian.toFixed(2)} us, rounds ${lowest.toFixed(2)} to ${highest.toFixed(2)}; at ${PAIRS_PER_SECOND} pairs a second, ` +
      `of which ${DRIFT_ROWS_PER_SECOND_MAX} are looked at (were each: ${addedBy("each").ratio.toFixed(2)})`,
    raw: { rounds: measured },
  };
}

type Cost = RatioSummary & { readonly pairsPerRound: number };

async function costOf(rounds: number, pairs: "small" | LargePair): Promise<Cost> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE, String(rounds), pairs]);
  const measured: { readonly rounds: readonly Round[]; readonly pairs: number } =
    JSON.parse(stdout);
  return { ...summariseRounds(measured.rounds), pairsPerRound: measured.pairs };
}

function figuresOf({ oursMedian, nativeMedian, lowest, highest, pairsPerRound }: Cost): string {
  return (
    `${oursMedian.toFixed(2)} us / ${nativeMedian.toFixed(2)} us, ` +
    `rounds ${lowest.toFixed(2)} to ${highest.toFixed(2)}; ${pairsPerRound} pairs a round`
  );
}
