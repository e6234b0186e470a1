import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { startScriptedSidecar } from "../support/scriptedSidecar.ts";
import { setStage, traffic } from "../support/stage.ts";
import {
  type Answering,
  answering,
  deadPort,
  resetting,
  silent,
  startUpstream,
} from "../support/upstream.ts";

test("case 14: a shadow that is never answered is reported as timed out, and the user is not harmed", async (context) => {
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
    name: "answers more than Envoy holds (case 15)",
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

test("case 16: a shadow whose variant is not there has a failure reported, no answer of Envoy's", async (context) => {
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
