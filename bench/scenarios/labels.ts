import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { LabelFigures } from "../predictions/measure.ts";
import type { Result } from "../report.ts";

const MEASURE: string = fileURLToPath(new URL("../predictions/measure.ts", import.meta.url));
const PREDICTIONS = 10_000_000;
/** What a join may take at its 99th percentile, and how long the loop may stand still. */
const JOIN_MS = 1;
const STALL_MS = 50;

/**
 * What late labels cost with 10,000,000 stored predictions: the larger of a join's p99 to 1 ms and the loop's longest stall to 50 ms. In a
 * process of its own; needs 2.5 GB of disk for as long as it runs.
 */
export async function measureLabels(): Promise<Result> {
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE, String(PREDICTIONS)]);
  const figures: LabelFigures = JSON.parse(stdout);
  const { join, expiry, stallMs, joinInBatchMs, recordInBatchMs, bytes, residentBytes } = figures;
  return {
    measurement: "labels",
    ratio: Math.max(join.p99 / JOIN_MS, stallMs / STALL_MS),
    figures:
      `join p50 ${join.p50.toFixed(3)} ms, p99 ${join.p99.toFixed(3)} ms, longest ${join.longest.toFixed(0)} ms; ` +
      `longest stall ${stallMs.toFixed(1)} ms; 500 expired in ${expiry.p50.toFixed(0)} ms, at most ${expiry.longest.toFixed(0)} ms; ` +
      `in batches ${(1e3 * joinInBatchMs).toFixed(0)} us a label, ${(1e3 * recordInBatchMs).toFixed(0)} us a prediction; ` +
      `${(bytes / 2 ** 20).toFixed(0)} MiB of disk, ${(residentBytes / 2 ** 20).toFixed(0)} MiB resident`,
    raw: figures,
  };
}
