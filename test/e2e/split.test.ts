import assert from "node:assert/strict";
import { test } from "node:test";
import { bucketOf } from "#policy";
import { readStats } from "../../sidecar/envoy/stats.ts";
import { type Client, clientOf } from "../support/client.ts";
import { filterConfig, SALT, USER_HEADER } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { setStage, traffic } from "../support/stage.ts";

const USERS: readonly string[] = Array.from({ length: 300 }, (_, index) => `user-${index}`);

/** The users that the candidate answered, each having asked once. */
async function onCandidate(users: Client): Promise<readonly string[]> {
  const got = await users.sendAll(USERS.map((user) => ({ headers: { [USER_HEADER]: user } })));
  assert.ok(got.every(({ status }) => status === 200));
  return USERS.filter((_, index) => got[index]?.body.includes('"model_version":"v2"'));
}

/** The users whose bucket is below a weight. */
function below(candidateBp: number): readonly string[] {
  return USERS.filter((user) => bucketOf(SALT, user) < candidateBp);
}

test("the candidate answers exactly the users whose bucket is below its weight", async (context) => {
  const { users } = await setStage(context, { traffic: { candidateBp: 3000, shadowBp: 0 } });
  assert.deepEqual(await onCandidate(users), below(3000));
});

test("the share of users that the candidate answers is its weight", async (context) => {
  const { users } = await setStage(context, { traffic: { candidateBp: 3000, shadowBp: 0 } });
  const share = (await onCandidate(users)).length / USERS.length;
  // Three standard deviations of a share among 300 users.
  assert.ok(Math.abs(share - 0.3) < 3 * Math.sqrt((0.3 * 0.7) / USERS.length), `${share}`);
});

test("every worker sends a user to the same variant", async (context) => {
  const { users, mesh } = await setStage(context, {
    traffic: { candidateBp: 5000, shadowBp: 0 },
  });
  for (const _ of USERS.slice(0, 4)) {
    // Fresh connections are spread over the workers again.
    assert.deepEqual(await onCandidate(clientOf(context, mesh.port)), below(5000));
  }
  assert.deepEqual(await onCandidate(users), below(5000));
  const stats = await readStats(mesh.envoy.adminPort, "worker_[01].downstream_cx_total");
  assert.deepEqual(
    [...stats.values()].map((connections) => connections > 0),
    [true, true],
  );
});

test("an Envoy that starts anew sends every user to the same variant", async (context) => {
  const { users, mesh, v1, v2, sidecar } = await setStage(context, {
    traffic: { candidateBp: 4000, shadowBp: 0 },
  });
  const before = await onCandidate(users);
  await mesh.stop();
  const again = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar: sidecar.port },
    configuration: filterConfig(),
  });
  await sidecar.inForce(traffic({ candidateBp: 4000, shadowBp: 0 }), STREAMS);
  assert.deepEqual(await onCandidate(clientOf(context, again.port)), before);
});

test("raising the weight only adds users to the candidate, lowering it only removes some", async (context) => {
  const { users, sidecar } = await setStage(context, {
    traffic: { candidateBp: 500, shadowBp: 0 },
  });
  const cohorts = [await onCandidate(users)];
  for (const [index, candidateBp] of [2500, 5000, 10_000, 2500, 0].entries()) {
    const next = traffic({ generation: index + 2, candidateBp, shadowBp: 0 });
    sidecar.serve(next);
    await sidecar.inForce(next, STREAMS);
    cohorts.push(await onCandidate(users));
  }
  assert.deepEqual(cohorts, [500, 2500, 5000, 10_000, 2500, 0].map(below));
});

test("the shadow's cohorts are nested in the same order of users", async (context) => {
  const { users, sidecar, v2 } = await setStage(context, {
    traffic: { candidateBp: 0, shadowBp: 2000 },
  });
  await onCandidate(users);
  await sidecar.seen(USERS.length);
  const shadowed = (): readonly unknown[] =>
    v2.shadows().map(({ headers }) => headers[USER_HEADER]);
  const { length } = below(2000);
  assert.ok(length > 0);
  assert.deepEqual(shadowed().toSorted(), below(2000).toSorted());
});

test("a user without a key is split by request id, and answered", async (context) => {
  const { users, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 0 },
  });
  const got = await users.send();
  assert.equal(got.status, 200);
  assert.equal(v2.users().length, 1);
});

test("each observation names the variant, the generation and the same subject for the same user", async (context) => {
  const { users, sidecar } = await setStage(context, {
    traffic: { generation: 7, candidateBp: 10_000, shadowBp: 0 },
  });
  await users.sendAll(
    ["anna", "anna", "bert"].map((user) => ({ headers: { [USER_HEADER]: user } })),
  );
  const seen = await sidecar.seen(3);
  assert.deepEqual(
    seen.map(({ served, generation, shadow }) => ({ served, generation, shadow })),
    Array(3).fill({ served: "VARIANT_CANDIDATE", generation: 7, shadow: null }),
  );
  const subjects = new Set(seen.map(({ subject }) => subject.toString("hex")));
  assert.equal(subjects.size, 2);
});
