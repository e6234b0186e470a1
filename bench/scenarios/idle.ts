import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Idle } from "../idle/measure.ts";
import type { Result } from "../report.ts";
import { median } from "../stats.ts";

const MEASURE: string = fileURLToPath(new URL("../idle/measure.ts", import.meta.url));
const ROLLOUTS = 1_000;
const ROUNDS = 3;
/** What so many rollouts may take while nothing happens. */
const BYTES_MAX = 150e6;
const CPU_SHARE_MAX = 0.05;

/** As the manifests in deploy/ start it: else Node keeps over 100 MB for what lives for a moment. */
const NODE_FLAGS: readonly string[] = ["--max-semi-space-size=16"];

/**
 * What 1,000 rollouts under way take of memory and of a core while no request comes, beyond what a sidecar without rollouts takes: the larger of both to
 * what they may. Each in a process of its own that has just read its store.
 */
export async function measureIdle(): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  try {
    const full = join(folder, "full.sqlite");
    await run("fill", full, String(ROLLOUTS));
    const rounds: { readonly full: Idle; readonly empty: Idle }[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const empty: Idle = JSON.parse(await run("idle", join(folder, "empty.sqlite")));
      rounds.push({ full: JSON.parse(await run("idle", full)), empty });
    }
    return resultOf(rounds);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function resultOf(rounds: readonly { readonly full: Idle; readonly empty: Idle }[]): Result {
  const more = (figure: keyof Idle) =>
    median(rounds.map(({ full, empty }) => full[figure] - empty[figure]));
  const bytes = more("residentBytes");
  const cpuShare = more("cpuShare");
  return {
    measurement: "idle",
    ratio: Math.max(bytes / BYTES_MAX, cpuShare / CPU_SHARE_MAX),
    figures: `${(bytes / 1e6).toFixed(0)} MB (may be ${BYTES_MAX / 1e6}), ${(100 * cpuShare).toFixed(1)} % of a core (may be ${100 * CPU_SHARE_MAX})`,
    raw: { rollouts: ROLLOUTS, rounds },
  };
}

async function run(...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, [...NODE_FLAGS, MEASURE, ...args]);
  return stdout;
}
