import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findEnvoy } from "../../sidecar/envoy/find.ts";
import { pluginConfig } from "./bootstrap.ts";
import { type Registered, register, registered, writeLoopFiles } from "./loopFiles.ts";
import { MODEL_NAME, readRetrained } from "./model.ts";
import { startOutcomes } from "./outcomes.ts";
import { isInWorseHealth, readPatients } from "./patients.ts";
import type { Stage } from "./perform.ts";
import { PYTHON, WITHOUT_PYTHON } from "./python.ts";
import type { DriftReport } from "./report.ts";
import { startRig } from "./rig.ts";
import { type RolloutView, rolloutClient } from "./rolloutClient.ts";
import { shiftPopulation } from "./shift.ts";
import { timeline } from "./timeline.ts";
import { startTraffic } from "./traffic.ts";

/** How the loop is played. */
export type LoopOptions = {
  readonly requestsPerSecond: number;
  readonly report: string | undefined;
  readonly keep: boolean;
};

/** What came of it; `--report` writes this. */
export type LoopReport = {
  readonly envoy: string;
  /** Whether the new version was trained now, or ahead. */
  readonly training: "now" | "ahead";
  /** What the sidecar found when the population had changed. */
  readonly drift: DriftReport;
  /** Times that the trigger was told to retrain, and took it. */
  readonly triggered: number;
  readonly versions: readonly Registered[];
  /** What of the new version's requests has drifted from its own reference, in windows after its promotion. */
  readonly driftAfter: readonly string[];
  readonly failed: number;
};

const ROLLOUT = MODEL_NAME;
const SEED = 1;
const POLL_MS = 250;
/** Ten seconds stand for the year after which it is known what was true; labels come a while before. */
const LABELS_AFTER_MS = 3_000;
/** Training takes seconds; a program may take minutes. */
const RETRAINED_MS_MAX = 240_000;
const WATCHED_MS_MAX = 60_000;
const DRIFTS = ["disea", "hlthf", "physlm"];

/** The feedback loop, once around: promoted, drifted, trained again, registered, rolled out, promoted. Returns the exit code. */
export async function runLoop(options: LoopOptions, interrupted: Promise<number>): Promise<number> {
  const lines = timeline(process.stdout, Date.now());
  const envoy = await findEnvoy({ env: process.env, say: (line) => lines.note(line) });
  const patients = await readPatients();
  const first = { name: ROLLOUT, primary: "v1", candidate: "v2" } as const;
  const rig = await startRig(envoy, pluginConfig(first), {
    later: ["v3", "v4"],
    sidecarFlags: (folder, ports) => writeLoopFiles(folder, ports, PYTHON),
  });
  const path = `/v2/models/${MODEL_NAME}/infer`;
  const traffic = startTraffic({ path, patients, seed: SEED, ...options, port: rig.frontPort });
  const client = rolloutClient(rig.grpc);
  const to = { http: rig.http, rollout: ROLLOUT, afterMs: LABELS_AFTER_MS };
  const outcomes = startOutcomes(to, traffic);
  let exitCode = 1;
  try {
    const stage = { rig, traffic, patients, client, lines };
    const played = play(stage, envoy.version).then((report) => tell(stage, report, options));
    exitCode = await Promise.race([played, rig.failed, interrupted]);
    return exitCode;
  } finally {
    await outcomes.stop();
    client.close();
    await traffic.stop();
    await rig.stop(exitCode === 1 ? "keep" : "remove");
    if (exitCode === 1) {
      lines.note(`The logs are in ${rig.folder}`);
    }
  }
}

/** Plays it on a stage whose sidecar was given the loop's files. Rejects when something does not come in time. */
async function play(stage: Stage, envoy: string): Promise<LoopReport> {
  const { rig, traffic, patients, lines } = stage;
  lines.note("", "v2 is registered, and its rollout against the champion starts by itself");
  await register(rig.folder, "v2", ["--parent", "1"]);
  await candidateIs(stage, "v2", WATCHED_MS_MAX);
  await promoted(stage, "v2");
  const drift = await shiftPopulation(stage, ROLLOUT, DRIFTS);
  traffic.serve(patients.filter(isInWorseHealth));
  lines.event("that is over the plan's limits: the trigger has a new version trained");
  await candidateIs(stage, "v3", RETRAINED_MS_MAX);
  const { rows, auc } = await readRetrained(rig.folder);
  lines.close();
  lines.note("", `v3 is registered, trained on ${rows} new records (AUC ${auc}), and deployed now`);
  await rig.configure(pluginConfig({ name: ROLLOUT, primary: "v2", candidate: "v3" }));
  await rig.deploy("v3", ["--retrained", rig.folder]);
  const third = await promoted(stage, "v3");
  const driftAfter = await watchOn(stage, third);
  const versions = await until(async () => {
    const all = await registered(rig.folder);
    return all[0]?.aliases.includes("champion") === true && all;
  }, WATCHED_MS_MAX);
  return {
    envoy,
    training: PYTHON === undefined ? "ahead" : "now",
    drift,
    triggered: await triggersTaken(rig.http),
    versions: versions ?? (await registered(rig.folder)),
    driftAfter,
    failed: traffic.seen().failed,
  };
}

/** Every way in which the loop did not close; empty when it did. */
export function loopSurprises(report: LoopReport): readonly string[] {
  const { driftAfter, drift, failed, triggered, versions } = report;
  const [newest] = versions;
  const is = (isSo: boolean, otherwise: string) => (isSo ? [] : [otherwise]);
  return [
    ...is(drift.early.length === 0, `drift before the change: ${drift.early.join(", ")}`),
    ...is(
      DRIFTS.every((name) => drift.features.includes(name)),
      `only ${drift.features.join(", ") || "nothing"} was found to have moved`,
    ),
    ...is(triggered === 1, `the trigger was taken ${triggered} times`),
    ...is(newest?.version === 3 && newest.stage === "serving", "v3 is not the version in service"),
    ...is(versions[1]?.stage === "retired", "v2 is not retired"),
    ...is(driftAfter.length === 0, `v3 has ${driftAfter.join(", ")} from its own reference`),
    ...is(failed === 0, `${failed} requests failed`),
  ];
}

/** Waits until the rollout's candidate is this version. */
async function candidateIs({ client, traffic, lines }: Stage, version: string, withinMs: number) {
  const found = await until(async () => {
    const rollout = await client.get(ROLLOUT).catch(() => undefined);
    if (rollout?.outcome !== undefined) {
      lines.show(rollout, traffic.seen());
    }
    return rollout?.candidate === version && rollout;
  }, withinMs);
  if (found === undefined) {
    throw new Error(`no rollout of ${version} has begun within ${withinMs / 1_000} s`);
  }
}

/** The rollout's end, which must be its promotion: without it there is nothing to watch. */
async function promoted({ client, lines, traffic }: Stage, version: string): Promise<RolloutView> {
  const ended = await client.follow(ROLLOUT, (rollout) => lines.show(rollout, traffic.seen()));
  if (ended.outcome !== "promoted") {
    throw new Error(`${version} was rolled back: ${ended.reason}`);
  }
  return ended;
}

/**
 * What has drifted once whole windows after the promotion have been looked at: the same patients come, and now they are those of the training. What was
 * found before, in the other version's answers, is over after two of them.
 */
async function watchOn(stage: Stage, ended: RolloutView): Promise<readonly string[]> {
  const { client, lines, traffic } = stage;
  let drifts: readonly string[] = ["nothing seen"];
  await until(async () => {
    const rollout = await client.get(ROLLOUT);
    lines.show(rollout, traffic.seen());
    const { anomalies, window } = rollout;
    const names = anomalies.map(({ name }) => name).filter((name) => name.startsWith("drift "));
    const isSeen = window !== undefined && window.fromUnixMs >= ended.decidedUnixMs;
    drifts = isSeen ? names : drifts;
    return isSeen && names.length === 0;
  }, WATCHED_MS_MAX);
  return drifts;
}

async function triggersTaken(http: string): Promise<number> {
  const text = await (await fetch(`http://${http}/metrics`)).text();
  const name = 'understudy_retraining_calls_total{outcome="pass"} ';
  const line = text.split("\n").find((one) => one.startsWith(name));
  return Number(line?.slice(name.length) ?? 0);
}

async function tell(
  { lines }: Stage,
  report: LoopReport,
  { report: file, keep }: LoopOptions,
): Promise<number> {
  const wrong = loopSurprises(report);
  lines.close();
  lines.note(
    "",
    ...report.versions.map(
      ({ version, stage, aliases }) => `v${version}: ${[stage, ...aliases].join(", ")}`,
    ),
    WITHOUT_PYTHON === undefined
      ? "v3 was trained by retrain.py just now."
      : `v3 was trained ahead, by retrain.py on the same records: ${WITHOUT_PYTHON}.`,
    ...wrong.map((problem) => `WRONG: ${problem}`),
    ...(wrong.length === 0
      ? ["The loop is closed: drift is measured against v3's own training."]
      : []),
  );
  if (file !== undefined) {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (keep) {
    lines.note("", "Ctrl-C ends it.");
    await new Promise(() => {});
  }
  return wrong.length === 0 ? 0 : 1;
}

/** Asks until there is an answer; undefined when there is none in time. */
async function until<Answer>(
  ask: () => Promise<Answer | false>,
  withinMs: number,
): Promise<Answer | undefined> {
  const deadline = Date.now() + withinMs;
  while (Date.now() < deadline) {
    const answer = await ask();
    if (answer !== false) {
      return answer;
    }
    await delay(POLL_MS);
  }
  return undefined;
}
