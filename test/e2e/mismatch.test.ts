import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { seatAudience, userNames } from "../support/audience.ts";
import { type Client, clientOf } from "../support/client.ts";
import { filterConfig, ROLLOUT, rolloutConfig } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import { predicting, startUpstream, type Upstream } from "../support/upstream.ts";

type House = { readonly v2: Upstream; readonly users: Client; readonly sidecar: RealSidecar };

/** A filter that is configured for v1 and v2, and for a minute's patience. */
async function openHouse(context: TestContext): Promise<House> {
  const sidecar = await startRealSidecar(context);
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 60_000 })]),
  });
  await sidecar.connected(STREAMS);
  return { v2, users: clientOf(context, mesh.port), sidecar };
}

/** Half the users at once, to this candidate, with a second's patience. */
function plan(candidate: string): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: ${candidate}
  requestTimeout: 1s
  steps:
    - canary: { weight: 50%, minimum: { requests: 1000000 } }
  guardrails:
    errorRate: { margin: 2, tolerance: 10% }
`;
}

test("a plan for another candidate than the filter's moves nobody, and says why", async (context) => {
  const { users, v2, sidecar } = await openHouse(context);
  await sidecar.client.apply(plan("v3"));
  const { problem } = await sidecar.rollout(ROLLOUT, {
    what: "the refusal is shown",
    is: (rollout) => rollout.problem !== "",
  });
  assert.match(problem, /: candidate_version: v3: v2 in the filter's configuration$/);
  await users.sendAll(Array.from({ length: 40 }, () => ({})));
  assert.deepEqual(v2.users(), []);
});

test("a candidate that outlasts the plan's patience is rolled back, however long the filter's is", async (context) => {
  const { users, v2, sidecar } = await openHouse(context);
  const answer = predicting("v2", 1);
  v2.answer = (request, response) => void setTimeout(() => answer(request, response), 1_500);
  const audience = seatAudience(users, userNames(500));
  context.after(() => audience.leave());
  await sidecar.client.apply(plan("v2"));
  const { reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /errorRate|fail/);
});
