import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pluginConfig } from "../../../examples/patient-risk/bootstrap.ts";
import { readPatients } from "../../../examples/patient-risk/patients.ts";
import { perform, type Stage } from "../../../examples/patient-risk/perform.ts";
import {
  surprises,
  unexplainedFailures,
  watchSurprises,
} from "../../../examples/patient-risk/report.ts";
import { startRig } from "../../../examples/patient-risk/rig.ts";
import { rolloutClient } from "../../../examples/patient-risk/rolloutClient.ts";
import { ACTS, type Act, readPlan } from "../../../examples/patient-risk/scenario.ts";
import { timeline } from "../../../examples/patient-risk/timeline.ts";
import { startTraffic } from "../../../examples/patient-risk/traffic.ts";
import { foundEnvoy } from "../../support/envoy.ts";
import { until } from "../../support/until.ts";

// The demo takes about two minutes, most of it for the promotion. Here that is played with fewer steps and quicker labels, and its two refusals as they are.

function actOf(candidate: string): Act {
  const act = ACTS.find((one) => one.candidate === candidate);
  assert.ok(act !== undefined);
  return act;
}

async function stageFor(context: TestContext, first: Act): Promise<Stage> {
  const rig = await startRig(await foundEnvoy(), pluginConfig(first));
  const patients = await readPatients();
  const traffic = startTraffic({
    port: rig.frontPort,
    path: "/v2/models/patient-risk/infer",
    requestsPerSecond: 200,
    patients,
    seed: 1,
  });
  const client = rolloutClient(rig.grpc);
  context.after(async () => {
    client.close();
    await traffic.stop();
    await rig.stop("remove");
  });
  const lines = timeline({ write: (text) => context.diagnostic(text.trimEnd()) }, Date.now());
  return { rig, traffic, patients, client, lines };
}

function quick(plan: string): string {
  return plan
    .replace(/ {4}- canary: \{ weight: (?:5|25)%.*\n/g, "")
    .replace("accuracy: { tolerance: 1% }", "accuracy: { tolerance: 3% }")
    .replace("horizon: 1m", "horizon: 8s");
}

test("v2 is promoted when labels say so, and patients in worse health are found to be others", async (context) => {
  const watched = { labelsAfterMs: 1_000, drifts: ["disea", "hlthf", "physlm"] };
  const act: Act = { ...actOf("v2"), watched };
  const stage = await stageFor(context, act);
  const plan = quick(await readPlan(act));
  const performed = await Promise.race([perform(stage, act, plan), stage.rig.failed]);
  assert.deepEqual(surprises(act, performed.rollout), []);
  const { labels, drift } = performed;
  assert.ok(labels !== undefined && drift !== undefined);
  assert.deepEqual(watchSurprises(watched, { labels, drift }), []);
  assert.ok(labels.joined > 500 && labels.joined <= labels.sent, JSON.stringify(labels));
  assert.equal(stage.traffic.seen().failed, 0);
});

test("v3 is refused in shadow, then v4 in canary, and no request fails but v4's", async (context) => {
  const [v3, v4] = [actOf("v3"), actOf("v4")];
  const stage = await stageFor(context, v3);
  const played = (act: Act) => Promise.race([perform(stage, act), stage.rig.failed]);
  assert.deepEqual(surprises(v3, (await played(v3)).rollout), []);
  await stage.rig.configure(pluginConfig(v4));
  assert.deepEqual(surprises(v4, (await played(v4)).rollout), []);
  await stage.traffic.stop();
  assert.deepEqual(unexplainedFailures(stage.traffic.seen(), "v4"), []);
  assert.equal((await stage.rig.stats("v1")).userRequests, 0);
});

test("a plugin configuration that the filter refuses leaves the old one in force", async (context) => {
  const stage = await stageFor(context, actOf("v3"));
  const before = await stage.rig.stats("v2");
  await assert.rejects(stage.rig.configure({ rollouts: 1 }), /rollouts/);
  const after = async (): Promise<boolean> =>
    (await stage.rig.stats("v2")).userRequests > before.userRequests + 100;
  await until(after, { deadlineMs: 10_000, what: "users still reach v2" });
  assert.equal(stage.traffic.seen().failed, 0);
});

function groupIsAlive({ pid }: ChildProcess): boolean {
  try {
    return process.kill(-(pid ?? 0), 0);
  } catch {
    return false;
  }
}

test("Ctrl-C ends the demo and every process that it started", async (context) => {
  await foundEnvoy();
  const script = fileURLToPath(new URL("../../../examples/patient-risk/demo.ts", import.meta.url));
  const demo = spawn(process.execPath, [script], {
    detached: true,
    stdio: ["ignore", "pipe", "inherit"],
  });
  context.after(() => {
    if (groupIsAlive(demo)) {
      process.kill(-(demo.pid ?? 0), "SIGKILL");
    }
  });
  let output = "";
  demo.stdout.on("data", (chunk) => {
    output += chunk;
  });
  const begun = (): boolean => output.includes("shadow 100%");
  await until(begun, { deadlineMs: 30_000, what: "the first rollout has begun" });
  demo.kill("SIGINT");
  const [exitCode] = await once(demo, "exit");
  assert.equal(exitCode, 130);
  await until(() => !groupIsAlive(demo), { deadlineMs: 10_000, what: "the processes are gone" });
});
