import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Compared, measureEvidently } from "../drift/evidently.ts";
import { writeTable } from "../drift/table.ts";
import type { Options } from "../options.ts";
import type { Result } from "../report.ts";
import { median, summariseRounds } from "../stats.ts";

const MEASURE: string = fileURLToPath(new URL("../drift/measure.ts", import.meta.url));
const ROWS = 1_000_000;
const FEATURES = 20;
const ROUNDS_MAX = 3;
const RSS_BYTES_MAX: number = 400e6;

type Process = { readonly ms: number; readonly rssBytes: number };
type Files = Readonly<Record<"reference" | "current" | "profile" | "compiled", string>>;

/**
 * Time of `understudy profile` of one CSV and `understudy drift` of another against it, to reading every cell of both with the same reader, as texts.
 * Whole processes, one for each file, the start of Node included, on all cores, with the code compiled before as the launcher keeps it; with `--evidently` its DataDriftPreset on the same files.
 */
export async function measureDrift({ rounds, evidently }: Options): Promise<Result> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  const files: Files = {
    reference: join(folder, "reference.csv"),
    current: join(folder, "current.csv"),
    profile: join(folder, "profile.json"),
    compiled: join(folder, "compiled"),
  };
  try {
    writeTable(files.reference, { rows: ROWS, seed: 1 });
    writeTable(files.current, { rows: ROWS, seed: 2 });
    const measured: Measured[] = [];
    for (let round = 0; round < Math.min(rounds, ROUNDS_MAX); round += 1) {
      measured.push(await measureRound(files));
    }
    const other = evidently
      ? await measureEvidently(files.reference, files.current)
      : "Evidently was not asked for: --evidently";
    return resultOf(measured, other);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

type Measured = Readonly<
  Record<"parseReference" | "parseCurrent" | "typed" | "profile" | "drift", Process>
>;

async function measureRound({ reference, current, profile, compiled }: Files): Promise<Measured> {
  const measure = (...args: readonly string[]) => run(compiled, ...args);
  return {
    parseReference: await measure("parse", reference),
    profile: await measure("profile", "--input", reference, "--to", profile),
    parseCurrent: await measure("parse", current),
    drift: await measure("drift", "--reference", profile, "--current", current, "--json"),
    typed: await measure("typed", current),
  };
}

async function run(compiled: string, ...args: readonly string[]): Promise<Process> {
  const env = { ...process.env, NODE_COMPILE_CACHE: compiled };
  const { stdout } = await promisify(execFile)(process.execPath, [MEASURE, ...args], { env });
  return JSON.parse(stdout);
}

function resultOf(measured: readonly Measured[], other: Compared | string): Result {
  const rounds = measured.map((round) => ({
    ours: round.profile.ms + round.drift.ms,
    native: round.parseReference.ms + round.parseCurrent.ms,
  }));
  const summary = summariseRounds(rounds);
  const of = (name: keyof Measured) => median(measured.map((round) => round[name].ms));
  const rssBytes = Math.max(
    ...measured.flatMap(({ profile, drift }) => [profile.rssBytes, drift.rssBytes]),
  );
  const compared =
    typeof other === "string"
      ? other
      : `Evidently ${seconds(other.ms)} s, ${megabytes(other.rssBytes)} MB: ${(other.ms / summary.oursMedian).toFixed(1)} times ours`;
  return {
    measurement: "drift",
    ratio: summary.ratio,
    figures:
      `profile ${seconds(of("profile"))} s + drift ${seconds(of("drift"))} s / parsing ${seconds(of("parseReference"))} s + ${seconds(of("parseCurrent"))} s ` +
      `(numbers as numbers ${seconds(of("typed"))} s), ` +
      `at most ${megabytes(rssBytes)} MB resident; ${ROWS} rows of ${FEATURES} features; ${compared}`,
    doubt:
      rssBytes > RSS_BYTES_MAX
        ? `memory is above its limit of ${megabytes(RSS_BYTES_MAX)} MB`
        : undefined,
    raw: { ...summary, measured, rssBytes, evidently: other },
  };
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(2);
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(0);
}
