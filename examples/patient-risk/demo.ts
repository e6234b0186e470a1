import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parseArgs } from "node:util";
import { findEnvoy } from "../../sidecar/envoy/find.ts";
import { pluginConfig } from "./bootstrap.ts";
import { MODEL_NAME, VERSIONS } from "./model.ts";
import { readPatients } from "./patients.ts";
import {
  type Report,
  type RolloutReport,
  surprises,
  table,
  unexplainedFailures,
} from "./report.ts";
import { type Rig, startRig } from "./rig.ts";
import { type RolloutClient, rolloutClient } from "./rolloutClient.ts";
import { ACTS, type Act, readPlan } from "./scenario.ts";
import { type Timeline, timeline } from "./timeline.ts";
import { type RunningTraffic, startTraffic } from "./traffic.ts";

// Three rollouts in a real Envoy, one after the other, decided by evidence. Exit code 0 only when each ends as it should.

const USAGE = "usage: demo.ts [--report FILE] [--requests-per-second 50..2000] [--keep]";
const SEED = 1;
/** Long enough for any answer under way at a decision to have ended. */
const SETTLE_MS = 2_500;

type Options = {
  readonly report: string | undefined;
  readonly requestsPerSecond: number;
  readonly keep: boolean;
};

/** What every act needs. */
type Stage = {
  readonly rig: Rig;
  readonly traffic: RunningTraffic;
  readonly client: RolloutClient;
  readonly lines: Timeline;
};

function parseOptions(): Options {
  const { values } = parseArgs({
    options: {
      report: { type: "string" },
      "requests-per-second": { type: "string", default: "300" },
      keep: { type: "boolean", default: false },
    },
  });
  const requestsPerSecond = Number(values["requests-per-second"]);
  if (!(requestsPerSecond >= 50 && requestsPerSecond <= 2_000)) {
    throw new Error(USAGE);
  }
  return { report: values.report, requestsPerSecond, keep: values.keep };
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
    const acted = play({ rig, traffic, client, lines }, envoy.version, options);
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
  const rollouts: RolloutReport[] = [];
  for (const [index, act] of ACTS.entries()) {
    if (index > 0) {
      await rig.configure(pluginConfig(act));
    }
    rollouts.push(await perform(stage, act));
  }
  if (!options.keep) {
    await traffic.stop();
  }
  const seen = traffic.seen();
  const counts = await Promise.all(VERSIONS.map((version) => rig.stats(version)));
  const [v1 = 0, v2 = 0, v3 = 0, v4 = 0] = counts.map(({ userRequests }) => userRequests);
  const report: Report = {
    envoy,
    requests: { sent: seen.sent, failed: seen.failed, byVariant: { v1, v2, v3, v4 } },
    rollouts,
  };
  lines.note("", table(report));
  const wrong = [
    ...ACTS.flatMap((act, index) => {
      const actual = rollouts[index];
      return actual === undefined ? [`${act.name} did not run`] : surprises(act, actual);
    }),
    ...unexplainedFailures(seen, "v4"),
  ];
  lines.note(
    "",
    `${seen.sent} user requests sent, ${seen.failed} failed; by version: v1 ${v1}, v2 ${v2}, v3 ${v3}, v4 ${v4}.`,
    ...(wrong.length === 0
      ? ["Every rollout ended as it should."]
      : wrong.map((w) => `WRONG: ${w}`)),
  );
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

/** One rollout, from its plan to the moment when nothing is under way any more from before its decision. */
async function perform(stage: Stage, act: Act): Promise<RolloutReport> {
  const { rig, traffic, client, lines } = stage;
  lines.note("", `${act.name}: ${act.candidate} (${act.about}) against ${act.primary}`);
  const before = await rig.stats(act.candidate);
  await client.apply(await readPlan(act));
  const ended = await client.follow(act.name, (rollout) => lines.show(rollout, traffic.seen()));
  const atDecision = await rig.stats(act.candidate);
  await delay(SETTLE_MS);
  lines.close();
  const outcome = ended.outcome ?? "rolled-back";
  const leaving = await rig.stats(outcome === "promoted" ? act.primary : act.candidate);
  const after = outcome === "promoted" ? atDecision : leaving;
  return {
    name: act.name,
    candidate: act.candidate,
    outcome,
    step: ended.step,
    pairs: ended.pairs,
    candidateRequests: after.userRequests - before.userRequests,
    reason: ended.reason,
    decideToSafeMs: Math.max(0, leaving.lastUserRequestUnixMs - ended.decidedUnixMs),
  };
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
  process.exitCode = await run(parseOptions());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
