import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { bucketOf } from "#policy";
import { type Audience, seatAudience, userNames } from "../support/audience.ts";
import { type Client, clientOf } from "../support/client.ts";
import {
  filterConfig,
  ROLLOUT,
  rolloutConfig,
  SALT,
  USER_HEADER,
} from "../support/filterConfig.ts";
import { type Mesh, STREAMS, startMesh } from "../support/mesh.ts";
import { atStep, ended, type RealSidecar, startRealSidecar } from "../support/realSidecar.ts";
import {
  type Answering,
  answering,
  predicting,
  startUpstream,
  type Upstream,
} from "../support/upstream.ts";

const NAMES = userNames(500);
/** The first step outlasts the time after a start in which nothing is said to be in force. */
const SHADOW_THEN_CANARY = [
  "shadow: { percent: 100%, minimum: { pairs: 100, time: 7s } }",
  "canary: { weight: 30%, minimum: { requests: 50, time: 2s } }",
];

type House = {
  readonly v1: Upstream;
  readonly v2: Upstream;
  readonly mesh: Mesh;
  readonly users: Client;
  readonly audience: Audience;
  readonly sidecar: RealSidecar;
  readonly storePath: string;
};

/** Everything as users have it, with users who ask all the time. */
async function openHouse(context: TestContext): Promise<House> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-store-"));
  const storePath = join(folder, "store.sqlite");
  const sidecar = await startRealSidecar(context, { storePath });
  context.after(() => rm(folder, { recursive: true, force: true }));
  const [v1, v2] = await Promise.all([startUpstream(context, "v1"), startUpstream(context, "v2")]);
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  await sidecar.connected(STREAMS);
  const users = clientOf(context, mesh.port);
  const audience = seatAudience(users, NAMES);
  context.after(() => audience.leave());
  return { v1, v2, mesh, users, audience, sidecar, storePath };
}

/** A plan that is quick to pass. Pairs are judged only where some step copies requests. */
function plan(steps: readonly string[]): string {
  const isPaired = steps.some((step) => step.startsWith("shadow"));
  const onPairs = isPaired ? "disagreement: { of: prediction, tolerance: 30% }" : "";
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps:
    - ${steps.join("\n    - ")}
  guardrails:
    errorRate: { margin: 2, tolerance: 10% }
    ${onPairs}
  alpha: { rollback: 0.01, promotion: 0.05 }
  compare:
    prediction: { label: "$.outputs[0].data[0]" }
    ignore: ["$.model_version"]
`;
}

/** The users that the candidate answers when each asks once. */
async function onCandidate(users: Client): Promise<readonly string[]> {
  const got = await users.sendAll(NAMES.map((name) => ({ headers: { [USER_HEADER]: name } })));
  return NAMES.filter((_, index) => got[index]?.body.includes('"model_version":"v2"'));
}

function below(candidateBp: number): readonly string[] {
  return NAMES.filter((name) => bucketOf(SALT, name) < candidateBp);
}

test("a candidate that agrees is promoted step by step, and no request fails on the way", async (context) => {
  const { sidecar, users, audience, v2 } = await openHouse(context);
  await sidecar.client.apply(plan(SHADOW_THEN_CANARY));
  await sidecar.rollout(ROLLOUT, atStep(0));
  assert.deepEqual(v2.users(), []);
  await sidecar.rollout(ROLLOUT, atStep(1));
  assert.deepEqual(await onCandidate(users), below(3000));
  const { pairs, candidateRequests } = await sidecar.rollout(ROLLOUT, ended("promoted"));
  assert.ok(Number(pairs) >= 100 && Number(candidateRequests) >= 50);
  assert.deepEqual(await onCandidate(users), NAMES);
  await audience.leave();
  assert.deepEqual(audience.failed(), []);
});

test("a candidate that predicts otherwise is rolled back in its shadow step, and never answers a user", async (context) => {
  const { sidecar, users, audience, v2 } = await openHouse(context);
  v2.answer = predicting("v2", 0);
  await sidecar.client.apply(plan(SHADOW_THEN_CANARY));
  const { step, reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.equal(step, 0);
  assert.match(reason, /disagree/);
  assert.deepEqual(await onCandidate(users), []);
  await audience.leave();
  assert.deepEqual(v2.users(), []);
  assert.deepEqual(audience.failed(), []);
});

test("a candidate that fails its users is rolled back in canary, and gets none of them any more", async (context) => {
  const { sidecar, users, v2 } = await openHouse(context);
  v2.answer = answering(500, "application/json", "{}");
  await sidecar.client.apply(plan(["canary: { weight: 10%, minimum: { requests: 50 } }"]));
  const { reason } = await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /errorRate|fail/);
  const before = v2.users().length;
  assert.ok(before > 0);
  assert.deepEqual(await onCandidate(users), []);
  assert.equal(v2.users().length, before);
});

test("case 70: a sidecar killed in mid-rollout moves nobody while it is away, and goes on where it was", async (context) => {
  const house = await openHouse(context);
  const { sidecar, users, audience, storePath } = house;
  const steps = [...SHADOW_THEN_CANARY, "canary: { weight: 60%, minimum: { time: 1s } }"];
  await sidecar.client.apply(plan(steps));
  const { revision } = await sidecar.rollout(ROLLOUT, atStep(1));
  await sidecar.crash();
  assert.deepEqual(await onCandidate(users), below(3000));
  assert.deepEqual(await onCandidate(users), below(3000));
  const back = await startRealSidecar(context, { port: sidecar.grpcPort, storePath });
  const again = await back.client.get(ROLLOUT);
  assert.equal(Number(again.revision), Number(revision));
  assert.equal(again.step, 1);
  await back.rollout(ROLLOUT, ended("promoted"));
  assert.deepEqual(await onCandidate(users), NAMES);
  await audience.leave();
  assert.deepEqual(audience.failed(), []);
});

test("case 71: users stay while the sidecar is frozen, go back at a rollback by hand, stay back when it starts anew, and follow the next plan", async (context) => {
  const { sidecar, users, audience, storePath } = await openHouse(context);
  await sidecar.client.apply(plan(["canary: { weight: 50%, minimum: { requests: 1000000 } }"]));
  await sidecar.rollout(ROLLOUT, atStep(0));
  assert.deepEqual(await onCandidate(users), below(5000));
  process.kill(sidecar.pid, "SIGSTOP");
  assert.deepEqual(await onCandidate(users), below(5000));
  process.kill(sidecar.pid, "SIGCONT");
  await sidecar.client.change("Rollback", { name: ROLLOUT, reason: "a person said so" });
  await sidecar.rollout(ROLLOUT, ended("rolled back"));
  assert.deepEqual(await onCandidate(users), []);
  await sidecar.crash();
  const back = await startRealSidecar(context, { port: sidecar.grpcPort, storePath });
  const { reason, traffic } = await back.rollout(ROLLOUT, ended("rolled back"));
  assert.match(reason, /a person said so/);
  assert.deepEqual(await onCandidate(users), []);
  await back.connected(STREAMS);
  await back.client.apply(plan(["canary: { weight: 20%, minimum: { requests: 1000000 } }"]));
  const next = await back.rollout(ROLLOUT, atStep(0));
  assert.ok(Number(next.traffic?.generation) > Number(traffic?.generation));
  assert.deepEqual(await onCandidate(users), below(2000));
  await audience.leave();
  assert.deepEqual(audience.failed(), []);
});

test("two Envoys send every user to the same variant, and hostile answers stop nothing", async (context) => {
  const { sidecar, users, v1, v2, audience } = await openHouse(context);
  const second = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.grpcPort },
    configuration: filterConfig([rolloutConfig({ requestTimeoutMs: 1000 })]),
  });
  await sidecar.connected(2 * STREAMS);
  const others = clientOf(context, second.port);
  const hostile = HOSTILE.values();
  const predict = v2.answer;
  v2.answer = (request, response) => (hostile.next().value ?? predict)(request, response);
  await sidecar.client.apply(plan(SHADOW_THEN_CANARY));
  await sidecar.rollout(ROLLOUT, atStep(1));
  const [here, there] = await Promise.all([onCandidate(users), onCandidate(others)]);
  assert.deepEqual(here, below(3000));
  assert.deepEqual(there, here);
  await sidecar.rollout(ROLLOUT, ended("promoted"));
  assert.deepEqual(await onCandidate(others), NAMES);
  await audience.leave();
  assert.deepEqual(audience.failed(), []);
});

/** What no honest variant answers; each is given once. */
const HOSTILE: readonly Answering[] = [
  answering(200, "application/json", "[".repeat(60_000)),
  answering(200, "application/json", `{"__proto__":${'{"a":'.repeat(5000)}1`),
  answering(200, "application/json", Buffer.alloc(60_000, 0xff)),
  answering(200, "application/json", "1e99999"),
  answering(200, "text/\u00ff", Buffer.from("x")),
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
    response.end(gzipSync(Buffer.alloc(50_000_000, "[")));
  },
  (_, response) => {
    response.writeHead(200, { "content-type": "application/json", "content-encoding": "br, gzip" });
    response.end("not what it says");
  },
];
