import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { clientOf } from "../support/client.ts";
import { filterConfig, ROLLOUT, rolloutConfig } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { diagnosing, openWard, sendLabels, truthOf, type Ward } from "../support/patients.ts";
import { atStep, ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { until } from "../support/until.ts";
import { startUpstream } from "../support/upstream.ts";

type Hospital = { readonly sidecar: RealSidecar; readonly ward: Ward };

/** Everything as users have it, with patients of whom becomes known a little later what was true; and a candidate that is wrong now and then. */
async function open(
  context: TestContext,
  { wrongEvery, prefix }: { readonly wrongEvery: number; readonly prefix: string },
): Promise<Hospital> {
  const sidecar = await startRealSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  v1.answer = diagnosing(20);
  v2.answer = diagnosing(wrongEvery);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  await sidecar.connected(STREAMS);
  const ward = openWard(clientOf(context, mesh.port), (patients) =>
    sendLabels(
      sidecar,
      ROLLOUT,
      patients.map((patient) => ({ id: `${prefix}${patient.id}`, label: truthOf(patient) })),
    ),
  );
  context.after(() => ward.leave());
  return { sidecar, ward };
}

function plan(step: string, rules: string): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps: [${step}]
  guardrails:
    accuracy: { tolerance: 10% }
  alpha: { rollback: 0.01, promotion: 0.05 }
  compare: { prediction: { label: $.label } }
  ${rules}
`;
}

const BODY_ID = { prefix: "", rules: "labels: { horizon: 2s, id: $.id }" };
const HEADER_ID = { prefix: "header-", rules: "labels: { horizon: 2s }" };
const SHADOW = "{ shadow: { percent: 100% } }";
const CANARY = "{ canary: { weight: 50% } }";

for (const { name, step, prefix, rules } of [
  {
    name: "copies are told from users' answers by labels for ids in bodies",
    step: SHADOW,
    ...BODY_ID,
  },
  { name: "users are answered by both, labels come by x-request-id", step: CANARY, ...HEADER_ID },
]) {
  test(`a candidate that is no less accurate is promoted by its labels: ${name}`, async (context) => {
    const { sidecar, ward } = await open(context, { wrongEvery: 20, prefix });
    await sidecar.client.apply(plan(step, rules));
    const { reason } = await sidecar.rollout(ROLLOUT, ended("promoted"));
    assert.match(reason, /^accuracy: .* labelled candidate predictions are right/);
    await ward.leave();
    assert.deepEqual(ward.failed, []);
    const { performance } = await sidecar.rollout(ROLLOUT, {
      what: "there are figures of both versions",
      is: (rollout) => rollout.performance.length === 2,
    });
    for (const { total } of performance) {
      assert.ok(Number(total?.labelled) > 0);
      assert.ok(Number(total?.labelled) <= Number(total?.matured));
      assert.ok(Number(total?.matured) <= ward.seen.length);
    }
  });

  test(`a candidate that is less accurate is rolled back by its labels: ${name}`, async (context) => {
    const { sidecar, ward } = await open(context, { wrongEvery: 2, prefix });
    await sidecar.client.apply(plan(step, rules));
    const { reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
    assert.match(reason, /^accuracy: .*; more than 10% less accurate$/);
    await ward.leave();
    assert.deepEqual(ward.failed, []);
  });
}

test("a captured share of a quarter is one request in four", async (context) => {
  const { sidecar, ward } = await open(context, { wrongEvery: 20, prefix: "" });
  const step = "{ canary: { weight: 50%, minimum: { requests: 1000000 } } }";
  await sidecar.client.apply(plan(step, `capture: 25%\n  ${BODY_ID.rules}`));
  await sidecar.rollout(ROLLOUT, atStep(0));
  const before = ward.seen.length;
  await until(() => ward.seen.length >= before + 2_000, {
    deadlineMs: 40_000,
    what: "two thousand more patients were asked for",
  });
  await ward.leave();
  const stored = 'understudy_predictions_total{outcome="stored"}';
  const least = (ward.seen.length - before) / 4 - STREAMS;
  await until(async () => (await sidecar.metric(stored)) >= least, {
    deadlineMs: 10_000,
    what: "a quarter of the predictions since then is stored",
  });
  assert.ok((await sidecar.metric(stored)) <= ward.seen.length / 4 + STREAMS);
  assert.deepEqual(ward.failed, []);
});
