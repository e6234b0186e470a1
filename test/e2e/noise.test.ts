import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { seatAudience, userNames } from "../support/audience.ts";
import { clientOf } from "../support/client.ts";
import { filterConfig, ROLLOUT, rolloutConfig } from "../support/filterConfig.ts";
import { startMesh } from "../support/mesh.ts";
import { ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { type Answering, startUpstream } from "../support/upstream.ts";

const PLAN = `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps:
    - shadow: { percent: 100% }
  guardrails:
    excess: { percent: 100%, tolerance: 1% }
  alpha: { rollback: 0.01, promotion: 0.05 }
`;

/** Answers with a time, a random id, a list in random order, and a price that is wrong in one of so many answers. */
function noisy(wrongEvery: number): Answering {
  let count = 0;
  return (_, response) => {
    count += 1;
    const tags = ["a", "b", "c", "d", "e", "f"].map((tag) => ({ tag, at: Math.random() }));
    const body = {
      time: performance.now(),
      id: Math.random(),
      tags: tags.toSorted((one, other) => one.at - other.at).map(({ tag }) => tag),
      price: count % wrongEvery === 0 ? 11 : 10,
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.end(JSON.stringify(body));
  };
}

/** A rollout from v1 to v2, with users who ask all the time. */
async function rollOut(context: TestContext, candidate: Answering): Promise<RealSidecar> {
  const sidecar = await startRealSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  v1.answer = noisy(Number.POSITIVE_INFINITY);
  v2.answer = candidate;
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  const audience = seatAudience(clientOf(context, mesh.port), userNames(500));
  context.after(() => audience.leave());
  await sidecar.client.apply(PLAN);
  return sidecar;
}

test("a service with a random field, a time and a list in any order passes against itself", async (context) => {
  const sidecar = await rollOut(context, noisy(Number.POSITIVE_INFINITY));
  const { verdict } = await sidecar.rollout(ROLLOUT, ended("promoted"));
  assert.match(verdict?.reasons?.join() ?? "", /beyond the noise/);
});

test("the same with one wrong field in fifty answers fails", async (context) => {
  const sidecar = await rollOut(context, noisy(50));
  const { reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /more than 1% beyond the noise/);
});
