import { writeFile } from "node:fs/promises";
import { assessDataset, DRIFT, type DriftSettings, thresholdsAt } from "../../core/drift/assess.ts";
import { assessMultivariate, MULTIVARIATE_DEFAULTS } from "../../core/drift/multivariate.ts";
import { formatProblems, type ProblemLog, startProblems } from "../../core/drift/problemLog.ts";
import { assessRich } from "../../core/drift/richWindow.ts";
import { countBatch, startWindow } from "../../core/drift/windowBuilder.ts";
import { TableError } from "../../formats/error.ts";
import { readTable } from "../../formats/readTable.ts";
import { driftPage } from "../../report/driftPage.ts";
import { driftAsEvidently, printEvidently } from "../driftAsEvidently.ts";
import { type Found, printDrift } from "../driftText.ts";
import { EXIT } from "../exitCodes.ts";
import { TABLE_FLAGS, type TableWishes, tableWishes } from "../features.ts";
import { UsageError, type Values } from "../flags.ts";
import { inForm, OUTPUT_FLAGS, type Output } from "../output.ts";
import { readReference } from "../reference.ts";
import { defineVerb, type Verb } from "../verb.ts";

const MODES = ["understudy", "evidently"] as const;

const FLAGS = {
  reference: {
    type: "string",
    required: true,
    value: "FILE",
    meaning: "a profile, or a file of CSV, JSON lines or Parquet",
  },
  current: {
    type: "string",
    required: true,
    value: "FILE",
    meaning: "a file of CSV, JSON lines or Parquet",
  },
  html: { type: "string", value: "FILE", meaning: "where a page with the distributions goes" },
  mode: {
    type: "string",
    default: "understudy",
    choices: MODES,
    meaning: "evidently: Evidently 0.7's tests and thresholds instead",
  },
  threshold: {
    type: "string",
    value: "VALUE",
    check: (text: string) =>
      text === "auto" || isBetween(Number(text), 0, 10)
        ? undefined
        : "auto, or a number above 0, at most 10",
    meaning: "of PSI and KS, 0.1; or auto: the reference's own",
  },
  "false-alarm-every": {
    type: "string",
    default: String(DRIFT.falseAlarmEvery),
    value: "N",
    check: (text: string) =>
      isBetween(Number(text), 1, 1e9) ? undefined : "a number above 1, at most 1000000000",
    meaning: "checks without drift, one alarm",
  },
  "fail-on-drift": { type: "boolean", meaning: "ends with 1 where drift is found" },
  ...OUTPUT_FLAGS,
  json: { type: "boolean", meaning: "the same as --output json" },
  ...TABLE_FLAGS,
} as const;

type Asked = {
  readonly reference: string;
  readonly current: string;
  readonly html: string | undefined;
  readonly form: string;
  readonly settings: DriftSettings;
  readonly wishes: TableWishes;
};

/** `understudy drift`. */
export const drift: Verb = defineVerb({
  operands: "",
  flags: FLAGS,
  examples: ["drift --reference profile.json --current today.csv --html drift.html"],
  run: async ({ flags, output }) => {
    const asked = read(flags);
    const problems = startProblems();
    try {
      const tell = flags.mode === "evidently" ? tellEvidently : tellDrift;
      const drifted = await tell(asked, problems, output);
      return flags["fail-on-drift"] && drifted ? EXIT.failed : EXIT.done;
    } finally {
      formatProblems(problems).forEach(output.err);
    }
  },
});

function read(flags: Values<typeof FLAGS>): Asked {
  if (flags.mode === "evidently" && flags.html !== undefined) {
    throw new UsageError(["--html: only with --mode understudy"]);
  }
  const { reference, current, html } = flags;
  const form = flags.json ? "json" : flags.output;
  return {
    reference,
    current,
    html,
    form,
    settings: settingsOf(flags.threshold, Number(flags["false-alarm-every"])),
    wishes: tableWishes(flags),
  };
}

/** Tells what was found; resolves to whether there is drift. */
async function tellDrift(asked: Asked, problems: ProblemLog, output: Output): Promise<boolean> {
  const found = await findDrift(asked, problems);
  output.out(
    inForm(asked.form, {
      json: () => jsonOf(found, problems),
      text: () => printDrift(found, output.hasColours === true),
    }),
  );
  if (asked.html !== undefined) {
    await writeFile(asked.html, driftPage({ ...asked, ...found, counts: found.window.counts }));
  }
  return hasDrifted(found);
}

/** The same in the words of Evidently. */
async function tellEvidently(asked: Asked, problems: ProblemLog, output: Output): Promise<boolean> {
  const found = await driftAsEvidently(asked, asked.wishes, problems);
  output.out(inForm(asked.form, { json: () => found, text: () => printEvidently(found) }));
  return found.dataset.drifted || found.features.some(({ drifted }) => drifted);
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

function jsonOf({ profile, window, drift, together, rich }: Found, problems: ProblemLog): object {
  return {
    ...drift,
    together,
    rich,
    reference: { rows: profile.rows, sampledRows: profile.sampledRows, hash: profile.hash },
    current: { rows: window.counts.rows },
    problems: { counts: Object.fromEntries(problems.counts), listed: problems.listed },
  };
}

function settingsOf(threshold: string | undefined, falseAlarmEvery: number): DriftSettings {
  const settings = { ...DRIFT, falseAlarmEvery };
  switch (threshold) {
    case undefined:
      return settings;
    case "auto":
      return { ...settings, thresholds: "auto" };
    default:
      return { ...settings, thresholds: thresholdsAt(Number(threshold)) };
  }
}

function isBetween(value: number, above: number, atMost: number): boolean {
  return value > above && value <= atMost;
}
