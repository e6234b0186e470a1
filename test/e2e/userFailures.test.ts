import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { IMPATIENT_HEADER } from "../support/meshConfig.ts";
import { openRaw, rawPost } from "../support/rawClient.ts";
import { startScriptedSidecar } from "../support/scriptedSidecar.ts";
import { setStage, traffic } from "../support/stage.ts";
import { until } from "../support/until.ts";
import { deadPort, held, predicting, silent, startUpstream } from "../support/upstream.ts";

const onlyUsers = { candidateBp: 0, shadowBp: 0 };

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

test("a user's answer that its variant breaks off is reported as such", async (context) => {
  const { sidecar, users, v1 } = await setStage(context, { traffic: onlyUsers });
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-length": 1000 });
    response.write("begun", () => response.socket?.resetAndDestroy());
  };
  await assert.rejects(users.send());
  const [seen] = await sidecar.seen(1);
  assert.deepEqual([seen?.answer.failure, seen?.answer.status], ["FAILURE_RESET", 200]);
});

test("a user's request that Envoy gives up is reported as timed out", async (context) => {
  const { sidecar, users, v1 } = await setStage(context, { traffic: onlyUsers });
  v1.answer = silent;
  assert.equal((await users.send({ headers: { [IMPATIENT_HEADER]: "yes" } })).status, 504);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual([seen?.answer.failure, seen?.answer.status], ["FAILURE_TIMEOUT", 504]);
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

test("case 11: a client that goes before its answer is reported as that", async (context) => {
  const { sidecar, mesh, users, v1 } = await setStage(context);
  v1.answer = silent;
  const leaving = openRaw(mesh.port, rawPost("/v2/models/risk/infer", []));
  await until(() => v1.received.length === 1, { deadlineMs: 15_000, what: "the request arrived" });
  leaving.destroy();
  assert.equal(await mesh.counted("drops_client_reset", 1), 1);
  v1.answer = predicting("v1", 1);
  await users.send();
  const seen = await sidecar.seen(2);
  assert.deepEqual(
    seen.map(({ answer, shadow }) => [answer.failure, shadow?.status]),
    [
      ["FAILURE_ABANDONED", undefined],
      ["FAILURE_UNSPECIFIED", 200],
    ],
  );
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
  await until(() => v1.received.length === 20, { deadlineMs: 15_000, what: "half were whole" });
  for (const socket of sockets) {
    socket.resetAndDestroy();
  }
  await mesh.counted("drops_client_reset", 40);
  v1.answer = predicting("v1", 1);
  assert.equal((await users.send()).status, 200);
  const seen = await sidecar.seen(41);
  assert.deepEqual(
    seen
      .filter(({ answer }) => answer.failure !== "FAILURE_ABANDONED")
      .map((each) => each.shadow?.status),
    [200],
  );
  // Of requests that never ended there was no copy.
  assert.equal(v2.received.length, 21);
});

test("case 12: an answer to a copy whose user has gone is let go", async (context) => {
  const { sidecar, mesh, users, v1, v2 } = await setStage(context);
  const late = held(predicting("v2", 1));
  v1.answer = silent;
  v2.answer = late.answer;
  const leaving = openRaw(mesh.port, rawPost("/v2/models/risk/infer", []));
  await until(() => v2.received.length === 1, { deadlineMs: 15_000, what: "the copy arrived" });
  leaving.destroy();
  assert.equal(await mesh.counted("drops_client_reset", 1), 1);
  late.release();
  assert.equal(await mesh.counted("shadows_answered", 1), 1);
  v1.answer = predicting("v1", 1);
  await users.send();
  const seen = await sidecar.seen(2);
  assert.deepEqual(
    seen.map(({ answer, shadow }) => [answer.status, shadow?.status]),
    [
      [0, undefined],
      [200, 200],
    ],
  );
});
