import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { openRaw, rawPost } from "../support/rawClient.ts";
import { startScriptedSidecar } from "../support/scriptedSidecar.ts";
import { setStage, traffic } from "../support/stage.ts";
import { until } from "../support/until.ts";
import {
  type Answering,
  answering,
  deadPort,
  held,
  predicting,
  resetting,
  silent,
  startUpstream,
} from "../support/upstream.ts";

const onlyUsers = { candidateBp: 0, shadowBp: 0 };

test("a shadow that is never answered is reported as timed out, and the user is not harmed", async (context) => {
  const { sidecar, users, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ timeoutMs: 200 }) })]),
  });
  v2.answer = silent;
  assert.equal((await users.send()).status, 200);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.failure, "FAILURE_UNSPECIFIED");
  assert.equal(seen?.shadow?.failure, "FAILURE_TIMEOUT");
  assert.equal(seen?.shadow?.body.length, 0);
});

test("shadows in flight never pass their cap, and those not sent are counted", async (context) => {
  const { sidecar, users, v2, mesh } = await setStage(context, {
    configuration: filterConfig([
      rolloutConfig({ shadow: shadowConfig({ inFlightMax: 2, timeoutMs: 3000 }) }),
    ]),
  });
  v2.answer = silent;
  const got = await users.sendAll(Array(60).fill({}));
  assert.ok(got.every(({ status }) => status === 200));
  // Two for each worker.
  await until(() => v2.open() === 4, { deadlineMs: 5000, what: "the cap's worth of shadows" });
  assert.equal(await mesh.counted("drops_shadow_in_flight", 56), 56);
  assert.equal(v2.received.length, 4);
  await sidecar.seen(60);
  await until(() => sidecar.drops().DROP_REASON_SHADOW_IN_FLIGHT === 56, {
    deadlineMs: 5000,
    what: "the sidecar hears of every shadow not sent",
  });
});

test("shadows never pass their rate, and those not sent are counted", async (context) => {
  const { users, v2, mesh } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ perSecondMax: 1 }) })]),
  });
  await users.sendAll(Array(50).fill({}));
  const dropped = await mesh.counted("drops_shadow_rate", 30);
  assert.equal(v2.received.length, 50 - dropped);
});

test("captured bytes never pass their cap: what does not fit is not shadowed, counted, and answered", async (context) => {
  const { sidecar, mesh, v1, v2 } = await setStage(context, {
    configuration: filterConfig([
      rolloutConfig({ shadow: shadowConfig({ capturedBytesMax: 262_144 }) }),
    ]),
  });
  const whole = rawPost("/v2/models/risk/infer", [], "x".repeat(60_000));
  const sockets = Array.from({ length: 10 }, () => openRaw(mesh.port, whole.subarray(0, -1)));
  // Three copies of 64 KiB and their headers fit into each worker, which has five requests.
  await mesh.counted("drops_captured_bytes", 4);
  for (const socket of sockets) {
    socket.write("x");
  }
  const seen = await sidecar.seen(10);
  assert.ok(seen.every(({ answer }) => answer.status === 200));
  assert.equal(v1.received.length, 10);
  assert.equal(v2.received.length, seen.filter(({ shadow }) => shadow !== null).length);
  assert.equal(v2.received.length, 10 - (await mesh.counter("drops_captured_bytes")));
});

const broken: readonly {
  readonly name: string;
  readonly answer: Answering;
  readonly failure: string;
}[] = [
  { name: "resets its connection", answer: resetting, failure: "FAILURE_UNREACHABLE" },
  {
    name: "breaks off in mid-answer",
    answer: (_, response) => {
      response.writeHead(200, { "content-length": 1000 });
      response.write("begun", () => response.socket?.resetAndDestroy());
    },
    failure: "FAILURE_RESET",
  },
  {
    name: "answers more than Envoy holds",
    answer: answering(200, "application/octet-stream", Buffer.alloc(34 << 20)),
    failure: "FAILURE_RESET",
  },
];
for (const { name, answer, failure } of broken) {
  test(`a shadow's variant that ${name} has a failure reported, no answer`, async (context) => {
    const { sidecar, users, v2 } = await setStage(context, {
      configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ timeoutMs: 4000 }) })]),
    });
    v2.answer = answer;
    assert.equal((await users.send()).status, 200);
    const [seen] = await sidecar.seen(1);
    assert.equal(seen?.shadow?.failure, failure);
    assert.equal(seen?.shadow?.body.length, 0);
  });
}

test("a shadow whose variant is not there has a failure reported, no answer of Envoy's", async (context) => {
  const sidecar = await startScriptedSidecar(context, { traffic: [traffic()] });
  const v1 = await startUpstream(context, "v1");
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: await deadPort(), sidecar: sidecar.port },
    configuration: filterConfig(),
  });
  await sidecar.inForce(traffic(), STREAMS);
  assert.equal((await clientOf(context, mesh.port).send()).status, 200);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.failure, "FAILURE_UNREACHABLE");
});

test("a shadow to a cluster that Envoy lacks is refused and counted", async (context) => {
  const { sidecar, users, mesh } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ candidate: { cluster: "v9", version: "v9" } })]),
  });
  assert.equal((await users.send()).status, 200);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow, null);
  assert.equal(await mesh.counted("drops_shadow_refused", 1), 1);
});

for (const status of [500, 503, 504]) {
  test(`a candidate's own ${status} is its answer, no failure of transport`, async (context) => {
    const { sidecar, users, v2 } = await setStage(context);
    v2.answer = answering(status, "application/json", '{"error":"upstream request timeout"}');
    await users.send();
    const [seen] = await sidecar.seen(1);
    assert.equal(seen?.shadow?.status, status);
    assert.equal(seen?.shadow?.failure, "FAILURE_UNSPECIFIED");
  });
}

test("a user's request whose variant is not there is reported as such", async (context) => {
  const sidecar = await startScriptedSidecar(context, { traffic: [traffic(onlyUsers)] });
  const v2 = await startUpstream(context, "v2");
  const mesh = await startMesh(context, {
    ports: { v1: await deadPort(), v2: v2.port, sidecar: sidecar.port },
    configuration: filterConfig(),
  });
  await sidecar.inForce(traffic(onlyUsers), STREAMS);
  assert.equal((await clientOf(context, mesh.port).send()).status, 503);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.failure, "FAILURE_UNREACHABLE");
});

test("a user's request that hangs is reported at its deadline, once, and answered when it is", async (context) => {
  const { sidecar, users, v1, mesh } = await setStage(context, {
    traffic: onlyUsers,
    configuration: filterConfig([
      rolloutConfig({ requestTimeoutMs: 300, shadow: shadowConfig({ timeoutMs: 200 }) }),
    ]),
  });
  const late = held(predicting("v1", 1));
  v1.answer = late.answer;
  const answer = users.send();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.failure, "FAILURE_TIMEOUT");
  assert.equal(seen?.answer.status, 0);
  assert.ok((seen?.answer.latencyUs ?? 0) >= 300_000);
  late.release();
  assert.equal((await answer).status, 200);
  await users.send();
  assert.equal((await sidecar.seen(2)).length, 2);
  assert.equal(await mesh.counter("requests_timed_out"), 1);
});

test("a client that goes before its answer is counted, and is no evidence", async (context) => {
  const { sidecar, mesh, users, v1 } = await setStage(context);
  v1.answer = silent;
  const leaving = openRaw(mesh.port, rawPost("/v2/models/risk/infer", []));
  await until(() => v1.received.length === 1, { deadlineMs: 5000, what: "the request arrived" });
  leaving.destroy();
  assert.equal(await mesh.counted("drops_client_reset", 1), 1);
  v1.answer = predicting("v1", 1);
  await users.send();
  assert.equal((await sidecar.seen(1)).length, 1);
});

test("clients that go in mid-request or mid-answer harm nobody", async (context) => {
  const { sidecar, mesh, users, v1, v2 } = await setStage(context);
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-length": 1000 }).write("begun");
  };
  const whole = rawPost("/v2/models/risk/infer", []);
  const sockets = Array.from({ length: 40 }, (_, index) =>
    openRaw(mesh.port, index % 2 === 0 ? whole : whole.subarray(0, -1)),
  );
  await until(() => v1.received.length === 20, { deadlineMs: 5000, what: "half were whole" });
  for (const socket of sockets) {
    socket.resetAndDestroy();
  }
  await mesh.counted("drops_client_reset", 40);
  v1.answer = predicting("v1", 1);
  assert.equal((await users.send()).status, 200);
  const seen = await sidecar.seen(1);
  assert.deepEqual(
    seen.map(({ shadow }) => shadow?.status),
    [200],
  );
  // Of requests that never ended there was no copy.
  assert.equal(v2.received.length, 21);
});
