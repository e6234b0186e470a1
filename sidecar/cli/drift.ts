import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import { assessDataset, DRIFT, type DriftSettings, thresholdsAt } from "../core/drift/assess.ts";
import { assessMultivariate, MULTIVARIATE_DEFAULTS } from "../core/drift/multivariate.ts";
import { formatProblems, type ProblemLog, startProblems } from "../core/drift/problemLog.ts";
import { assessRich } from "../core/drift/richWindow.ts";
import { countBatch, startWindow } from "../core/drift/windowBuilder.ts";
import { TableError } from "../formats/error.ts";
import { readTable } from "../formats/readTable.ts";
import { driftPage } from "../report/driftPage.ts";
import { driftAsEvidently, printEvidently } from "./driftAsEvidently.ts";
import { type Found, printDrift } from "./driftText.ts";
import { parseTableFlags, TABLE_OPTIONS, TABLE_USAGE, type TableWishes } from "./features.ts";
import { readReference } from "./reference.ts";
import type { Output } from "./run.ts";

const MODES = ["understudy", "evidently"] as const;
type Mode = (typeof MODES)[number];

type Asked = {
  readonly reference: string;
  readonly current: string;
  readonly html: string | undefined;
  readonly mode: Mode;
  readonly isJson: boolean;
  readonly failsOnDrift: boolean;
  readonly settings: DriftSettings;
  readonly wishes: TableWishes;
};

/** Runs `understudy drift`; returns the exit code: 0 done, 1 failed, or drift was found and that was to fail, 2 wrong usage. */
export async function runDrift(args: readonly string[], output: Output): Promise<number> {
  const asked = parseFlags(args);
  if (Array.isArray(asked)) {
    output.err([...asked, driftUsage()].join("\n"));
    return 2;
  }
  const problems = startProblems();
  try {
    const drifted =
      asked.mode === "evidently"
        ? await tellEvidently(asked, problems, output)
        : await tellDrift(asked, problems, output);
    return asked.failsOnDrift && drifted ? 1 : 0;
  } catch (error) {
    output.err(error instanceof Error ? error.message : String(error));
    return 1;
  } finally {
    formatProblems(problems).forEach(output.err);
  }
}

/** Tells what was found; resolves to whether there is drift. */
async function tellDrift(asked: Asked, problems: ProblemLog, output: Output): Promise<boolean> {
  const found = await findDrift(asked, problems);
  output.out(
    asked.isJson ? toJson(found, problems) : printDrift(found, output.hasColours === true),
  );
  if (asked.html !== undefined) {
    await writeFile(asked.html, driftPage({ ...asked, ...found, counts: found.window.counts }));
  }
  return hasDrifted(found);
}

/** The same in the words of Evidently. */
async function tellEvidently(asked: Asked, problems: ProblemLog, output: Output): Promise<boolean> {
  const found = await driftAsEvidently(asked, asked.wishes, problems);
  output.out(asked.isJson ? JSON.stringify(found) : printEvidently(found));
  return found.dataset.drifted || found.features.some(({ drifted }) => drifted);
}

/** The lines about `drift` in the usage. */
export function driftUsage(): string {
  return [
    "       understudy drift --reference FILE --current FILE",
    "         --json, --html FILE".padEnd(40).concat("one line for programs, a page for people"),
    "         --mode evidently".padEnd(40).concat("Evidently 0.7's tests and thresholds instead"),
    "         --threshold VALUE"
      .padEnd(40)
      .concat("of PSI and KS (0.1), or auto: the reference's own"),
    "         --false-alarm-every N".padEnd(40).concat("checks without drift, one alarm (1000)"),
    "         --fail-on-drift".padEnd(40).concat("ends with 1 where drift is found"),
    ...TABLE_USAGE,
  ].join("\n");
}

async function findDrift(asked: Asked, problems: ProblemLog): Promise<Found> {
  const { wishes, settings } = asked;
  const { profile, fields } = await readReference(asked.reference, wishes, problems);
  const window = startWindow(profile, { ignored: wishes.ignored, problems, seed: wishes.seed });
  const { delimiter } = wishes;
  for await (const batch of readTable(asked.current, { problems, fields, delimiter })) {
    await countBatch(window, batch);
  }
  if (window.counts.rows === 0) {
    throw new TableError(`${asked.current}: no rows`);
  }
  const alpha = 1 / settings.falseAlarmEvery;
  const together =
    window.together === null
      ? null
      : assessMultivariate(window.together.multivariate, window.together.window, {
          ...MULTIVARIATE_DEFAULTS,
          alpha,
        });
  const rich = assessRich(window.rich, window.richWindow, alpha);
  return {
    profile,
    window,
    drift: assessDataset(profile, window.counts, settings),
    together,
    rich,
  };
}

function hasDrifted({ drift, together, rich }: Found): boolean {
  return (
    drift.dataset.drifted ||
    together?.drifted === true ||
    rich.some(({ drifted }) => drifted) ||
    drift.features.some(({ drifted }) => drifted)
  );
}

function toJson({ profile, window, drift, together, rich }: Found, problems: ProblemLog): string {
  return JSON.stringify({
    ...drift,
    together,
    rich,
    reference: { rows: profile.rows, sampledRows: profile.sampledRows, hash: profile.hash },
    current: { rows: window.counts.rows },
    problems: { counts: Object.fromEntries(problems.counts), listed: problems.listed },
  });
}

function parseFlags(args: readonly string[]): Asked | string[] {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        reference: { type: "string" },
        current: { type: "string" },
        html: { type: "string" },
        mode: { type: "string", default: "understudy" },
        json: { type: "boolean", default: false },
        threshold: { type: "string" },
        "false-alarm-every": { type: "string", default: String(DRIFT.falseAlarmEvery) },
        "fail-on-drift": { type: "boolean", default: false },
        ...TABLE_OPTIONS,
      },
    });
    const wrong: string[] = [];
    const wishes = parseTableFlags(values, wrong);
    const settings = settingsOf(values.threshold, values["false-alarm-every"], wrong);
    const mode = modeOf(values.mode, values.html, wrong);
    const { reference, current, html } = values;
    if (reference === undefined) {
      wrong.push("--reference: nothing: a profile, or a file of CSV, JSON lines or Parquet");
    }
    if (current === undefined) {
      wrong.push("--current: nothing: a file of CSV, JSON lines or Parquet");
    }
    if (reference === undefined || current === undefined || wrong.length > 0) {
      return wrong;
    }
    const flags = { isJson: values.json, failsOnDrift: values["fail-on-drift"] };
    return { reference, current, html, mode, settings, wishes, ...flags };
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function modeOf(text: string, html: string | undefined, wrong: string[]): Mode {
  const mode = MODES.find((known) => known === text);
  if (mode === undefined) {
    wrong.push(`--mode: ${text}: ${MODES.join(" or ")}`);
  }
  if (mode === "evidently" && html !== undefined) {
    wrong.push("--html: only with --mode understudy");
  }
  return mode ?? "understudy";
}

function settingsOf(threshold: string | undefined, every: string, wrong: string[]): DriftSettings {
  const falseAlarmEvery = Number(every);
  if (!(falseAlarmEvery > 1 && falseAlarmEvery <= 1e9)) {
    wrong.push(`--false-alarm-every: ${every}: a number above 1, at most 1000000000`);
  }
  const settings = { ...DRIFT, falseAlarmEvery };
  if (threshold === undefined) {
    return settings;
  }
  if (threshold === "auto") {
    return { ...settings, thresholds: "auto" };
  }
  const effect = Number(threshold);
  if (!(effect > 0 && effect <= 10)) {
    wrong.push(`--threshold: ${threshold}: auto, or a number above 0, at most 10`);
  }
  return { ...settings, thresholds: thresholdsAt(effect) };
}
