import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ended } from "../support/realSidecar.ts";
import {
  openStrategyHouse,
  QUICK,
  type StrategyHouse,
  strategyPlan,
} from "../support/strategyHouse.ts";
import { predicting } from "../support/upstream.ts";

/** Asks the candidate on the test route, as a user of the sidecar would write it: the right prediction passes. */
const SMOKE = `import { readFileSync } from "node:fs";
import { request } from "node:http";

const port = Number(readFileSync("port", "utf8"));
const options = { port, path: "/v2/models/green/infer", headers: { host: "green.test" } };
request(options, async (response) => {
  const body = JSON.parse(Buffer.concat(await Array.fromAsync(response)).toString());
  const isRight = body.model_version === "v2" && body.outputs[0].data[0] === 1;
  console.log(isRight ? "the prediction is right" : "the prediction is wrong");
  process.exitCode = isRight ? 0 : 1;
}).end();
`;

/** A house whose sidecar lists the smoke test. */
async function houseWithSmokeTest(context: TestContext): Promise<StrategyHouse> {
  const folder = mkdtempSync(join(tmpdir(), "understudy-smoke-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  writeFileSync(join(folder, "smoke.mjs"), SMOKE);
  const run = JSON.stringify([process.execPath, "smoke.mjs"]);
  const hooks = `hooks: [{ name: smoke-tests, type: command, run: ${run}, timeout: 20s }]`;
  const path = join(folder, "hooks.yaml");
  writeFileSync(path, `apiVersion: understudy.dev/v1alpha1\nkind: Hooks\n${hooks}\n`);
  const house = await openStrategyHouse(context, ["green"], ["--hooks", path]);
  writeFileSync(join(folder, "port"), String(house.port));
  return house;
}

const plan = strategyPlan("green", {
  ...QUICK.green,
  strategy: "[{ blueGreen: { keepFor: 1s, minimum: { requests: 10 }, gates: [smoke-tests] } }]",
});

test("blue-green switches once a smoke test that asks green through Envoy passes", async (context) => {
  const house = await houseWithSmokeTest(context);
  await house.sidecar.client.apply(plan);
  await house.sidecar.rollout("green", ended("promoted"));
  assert.match(house.sidecar.log(), /"why":"the prediction is right"/);
  assert.equal(await house.onCandidate("green"), 100);
  assert.deepEqual(await house.leave(), []);
});

test("blue-green goes back without a user on green when the smoke test finds it wrong", async (context) => {
  const house = await houseWithSmokeTest(context);
  house.answers.green = predicting("v2", 0);
  await house.sidecar.client.apply(plan);
  const { reason } = await house.sidecar.rollout("green", ended("rolled back"));
  assert.equal(reason, "gate smoke-tests failed: ended with 1: the prediction is wrong");
  assert.equal(await house.onCandidate("green"), 0);
  assert.deepEqual(await house.leave(), []);
});
