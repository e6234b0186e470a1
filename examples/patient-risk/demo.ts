import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { findEnvoy } from "../../sidecar/envoy/find.ts";
import { pluginConfig } from "./bootstrap.ts";
import { runLoop } from "./loop.ts";
import { MODEL_NAME, VERSIONS } from "./model.ts";
import { readPatients } from "./patients.ts";
import { type Performed, perform, type Stage } from "./perform.ts";
import {
  type Report,
  surprises,
  table,
  UNWATCHED,
  unexplainedFailures,
  watchSurprises,
} from "./report.ts";
import { type Rig, startRig } from "./rig.ts";
import { rolloutClient } from "./rolloutClient.ts";
import { ACTS } from "./scenario.ts";
import { timeline } from "./timeline.ts";
import { type Seen, startTraffic } from "./traffic.ts";

// Three rollouts in a real Envoy, one after the other, decided by evidence, and a shift of the population. Exit code 0 only when all ends as it should.
// With --loop another play: the shift has a new version trained, which is rolled out in its turn.

const USAGE = "usage: demo.ts [--loop] [--report FILE] [--requests-per-second 50..2000] [--keep]";
const SEED = 1;

type Options = {
  readonly report: string | undefined;
  readonly requestsPerSecond: number;
  readonly keep: boolean;
  readonly loop: boolean;
};

function parseOptions(): Options {
  const { values } = parseArgs({
    options: {
      report: { type: "string" },
      "requests-per-second": { type: "string", default: "300" },
      keep: { type: "boolean", default: false },
      loop: { type: "boolean", default: false },
    },
  });
  const requestsPerSecond = Number(values["requests-per-second"]);
  if (!(requestsPerSecond >= 50 && requestsPerSecond <= 2_000)) {
    throw new Error(USAGE);
  }
  const { report, keep, loop } = values;
  return { report, requestsPerSecond, keep, loop };
}

async function run(options: Options): Promise<number> {
  const lines = timeline(process.stdout, Date.now());
  const envoy = await findEnvoy({ env: process.env, say: (line) => lines.note(line) });
  const patients = await readPatients();
  const [first] = ACTS;
  if (first === undefined) {
    throw new Error("there is nothing to show");
  }
  const interrupted = onSignal();
  const rig = await startRig(envoy, pluginConfig(first));
  const load = { path: `/v2/models/${MODEL_NAME}/infer`, patients, seed: SEED };
  const traffic = startTraffic({ ...load, ...options, port: rig.frontPort });
  const client = rolloutClient(rig.grpc);
  lines.note(
    `Envoy ${envoy.version} (${envoy.path}) on 127.0.0.1:${rig.frontPort}; ${options.requestsPerSecond} requests a second from ${patients.length} rows of patients`,
  );
  let logs: "keep" | "remove" = "keep";
  try {
    const acted = play({ rig, traffic, patients, client, lines }, envoy.version, options);
    const exitCode = await Promise.race([acted, rig.failed, interrupted]);
    logs = exitCode === 1 ? "keep" : "remove";
    return exitCode;
  } finally {
    client.close();
    await traffic.stop();
    await rig.stop(logs);
    if (logs === "keep") {
      lines.note(`The logs are in ${rig.folder}`);
    }
  }
}

async function play(stage: Stage, envoy: string, options: Options): Promise<number> {
  const { rig, traffic, lines } = stage;
  const performed: Performed[] = [];
  for (const [index, act] of ACTS.entries()) {
    if (index > 0) {
      await rig.configure(pluginConfig(act));
    }
    performed.push(await perform(stage, act));
  }
  if (!options.keep) {
    await traffic.stop();
  }
  lines.close();
  const report = await reportOf(stage, envoy, performed);
  const wrong = allSurprises(report, traffic.seen());
  lines.note("", table(report), "", requestsText(report), watchText(report), ...wrong);
  if (wrong.length === 0) {
    lines.note("Every rollout ended as it should.");
  }
  if (options.report !== undefined) {
    await mkdir(dirname(options.report), { recursive: true });
    await writeFile(options.report, `${JSON.stringify(report, null, 2)}\n`);
  }
  if (options.keep) {
    lines.note("", ...addresses(rig), "Ctrl-C ends it.");
    await new Promise(() => {});
  }
  return wrong.length === 0 ? 0 : 1;
}

async function reportOf(
  { rig, traffic }: Stage,
  envoy: string,
  performed: readonly Performed[],
): Promise<Report> {
  const { sent, failed } = traffic.seen();
  const counts = await Promise.all(VERSIONS.map((version) => rig.stats(version)));
  const [v1 = 0, v2 = 0, v3 = 0, v4 = 0] = counts.map(({ userRequests }) => userRequests);
  const watched = performed.find(({ labels }) => labels !== undefined);
  return {
    envoy,
    requests: { sent, failed, byVariant: { v1, v2, v3, v4 } },
    rollouts: performed.map(({ rollout }) => rollout),
    labels: watched?.labels ?? UNWATCHED.labels,
    drift: watched?.drift ?? UNWATCHED.drift,
  };
}

function allSurprises(report: Report, seen: Seen): string[] {
  const found = ACTS.flatMap((act, index) => {
    const actual = report.rollouts[index];
    return [
      ...(actual === undefined ? [`${act.name} did not run`] : surprises(act, actual)),
      ...(act.watched === undefined ? [] : watchSurprises(act.watched, report)),
    ];
  });
  return [...found, ...unexplainedFailures(seen, "v4")].map((problem) => `WRONG: ${problem}`);
}

function requestsText({ requests: { sent, failed, byVariant } }: Report): string {
  const versions = VERSIONS.map((version) => `${version} ${byVariant[version]}`).join(", ");
  return `${sent} user requests sent, ${failed} failed; by version: ${versions}.`;
}

function watchText({ labels, drift }: Report): string {
  const found = drift.raised
    ? `drift of ${drift.features.join(", ")} ${drift.afterRequests} requests after the patients changed`
    : "no drift";
  return `${labels.sent} labels told, ${labels.joined} joined with predictions; ${found}.`;
}

function addresses(rig: Rig): string[] {
  return [
    `Envoy      http://127.0.0.1:${rig.frontPort}/v2/models/${MODEL_NAME}/infer`,
    `admin      http://127.0.0.1:${rig.adminPort}/`,
    `sidecar    gRPC ${rig.grpc}, metrics http://${rig.http}/metrics`,
    ...VERSIONS.map(
      (version) => `model ${version}   http://127.0.0.1:${rig.modelPorts[version]}/v2`,
    ),
    `logs       ${rig.folder}`,
  ];
}

/** Settles with the exit code of an interrupted program at the first signal. */
function onSignal(): Promise<number> {
  return new Promise((resolve) => {
    process.once("SIGINT", () => resolve(130));
    process.once("SIGTERM", () => resolve(143));
  });
}

try {
  const options = parseOptions();
  process.exitCode = options.loop ? await runLoop(options, onSignal()) : await run(options);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
