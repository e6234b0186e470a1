import assert from "node:assert/strict";
import { test } from "node:test";
import { clientOf, INFER_PATH } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig, USER_HEADER } from "../support/filterConfig.ts";
import { STREAMS, startMesh } from "../support/mesh.ts";
import { startScriptedSidecar } from "../support/scriptedSidecar.ts";
import { setStage, traffic } from "../support/stage.ts";
import { answering, held, predicting } from "../support/upstream.ts";

test("a shadowed request is observed once, with both answers", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = answering(200, "application/json", '{"label":0}');
  v2.answer = answering(201, "application/json; charset=utf-8", '{"label":1,"more":true}');
  const beganMs = Date.now();
  assert.equal((await users.send({ headers: { [USER_HEADER]: "anna" } })).body, '{"label":0}');
  const [seen, ...others] = await sidecar.seen(1);
  assert.deepEqual(others, []);
  assert.ok(seen?.shadow);
  const { answer, shadow, ...request } = seen;
  assert.equal(request.path, INFER_PATH);
  assert.equal(request.served, "VARIANT_PRIMARY");
  assert.equal(request.requestId, v1.received[0]?.headers["x-request-id"]);
  assert.ok(Math.abs(request.startUnixMs - beganMs) < 5000);
  const { latencyUs: answerUs, ...primary } = answer;
  const { latencyUs: shadowUs, ...candidate } = shadow;
  assert.deepEqual(primary, {
    status: 200,
    failure: "FAILURE_UNSPECIFIED",
    contentType: "application/json",
    contentEncoding: "",
    body: Buffer.from('{"label":0}'),
    bodyBytes: 11,
    truncated: false,
    inferenceHeaderBytes: 0,
    firstByteUs: 0,
    grpcEncoding: "",
  });
  assert.deepEqual(candidate, {
    status: 201,
    failure: "FAILURE_UNSPECIFIED",
    contentType: "application/json; charset=utf-8",
    contentEncoding: "",
    body: Buffer.from('{"label":1,"more":true}'),
    bodyBytes: 23,
    truncated: false,
    inferenceHeaderBytes: 0,
    firstByteUs: 0,
    grpcEncoding: "",
  });
  assert.ok(answerUs > 0 && answerUs < 5_000_000, `${answerUs}`);
  assert.ok(shadowUs > 0 && shadowUs < 5_000_000, `${shadowUs}`);
});

test("a shadow is marked, and carries method, path, headers and body of its request", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  const headers = {
    [USER_HEADER]: "anna",
    "accept-encoding": "br",
    authorization: "Bearer of the user",
    "x-twice": ["a", "b"],
  };
  await users.send({ method: "PUT", path: `${INFER_PATH}?a=1&b=%20`, headers, body: "{ }" });
  await sidecar.seen(1);
  const [copy] = v2.shadows();
  const [original] = v1.users();
  assert.equal(copy?.method, "PUT");
  assert.equal(copy?.path, `${INFER_PATH}?a=1&b=%20`);
  assert.equal(copy?.body.toString(), "{ }");
  assert.equal(copy?.headers["x-understudy-shadow"], "1");
  assert.equal(copy?.headers["x-understudy-variant"], "v2");
  const carried = ["host", USER_HEADER, "accept-encoding", "authorization", "x-twice"];
  for (const name of [...carried, "content-type", "content-length", "x-request-id"]) {
    assert.deepEqual(copy?.headers[name], original?.headers[name], name);
  }
});

test("a shadow that is slow does not delay the user", async (context) => {
  const { sidecar, users, v2 } = await setStage(context);
  const late = held(predicting("v2", 1));
  v2.answer = late.answer;
  const got = await users.send();
  assert.equal(got.status, 200);
  assert.deepEqual(sidecar.observations(), []);
  late.release();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
});

test("bodies beyond the cap are cut, and both sizes are told", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ bodyBytesMax: 1000 }) })]),
  });
  v1.answer = answering(200, "text/plain", "p".repeat(5000));
  v2.answer = answering(200, "text/plain", "c".repeat(300_000));
  assert.equal((await users.send()).body.length, 5000);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual(
    [seen?.answer, seen?.shadow].map((each) => [
      each?.body.toString(),
      each?.bodyBytes,
      each?.truncated,
    ]),
    [
      ["p".repeat(1000), 5000, true],
      ["c".repeat(1000), 300_000, true],
    ],
  );
});

test("two bodies of the largest cap leave in one message that the sidecar takes", async (context) => {
  const bodyBytesMax = 122_880;
  const { sidecar, users, v1, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ bodyBytesMax }) })]),
  });
  v1.answer = answering(200, "text/plain", "p".repeat(200_000));
  v2.answer = answering(200, "text/plain", "c".repeat(200_000));
  await users.send({ body: "r".repeat(bodyBytesMax) });
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.body.length, bodyBytesMax);
  assert.equal(seen?.shadow?.body.length, bodyBytesMax);
});

test("while the candidate answers users, copies go to the primary", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context, {
    traffic: { candidateBp: 10_000, shadowBp: 10_000, shadowPrimary: true },
  });
  await users.send();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.served, "VARIANT_CANDIDATE");
  assert.match(`${seen?.answer.body}`, /"v2"/);
  assert.match(`${seen?.shadow?.body}`, /"v1"/);
  assert.equal(v1.shadows()[0]?.headers["x-understudy-variant"], "v1");
  assert.deepEqual([v1.users().length, v2.shadows().length], [0, 0]);
});

test("while the candidate answers users, nothing is copied to the primary unless asked for", async (context) => {
  const { sidecar, users, v1 } = await setStage(context, { traffic: { candidateBp: 10_000 } });
  await users.send();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow, null);
  assert.deepEqual(v1.received, []);
});

test("case 17: a path that is not listed is never shadowed", async (context) => {
  const { sidecar, users, v2 } = await setStage(context);
  const paths = ["/v2/models/risk/train", "/v2/models/risk/infer/", "/v2/models/a/b/infer"];
  await users.sendAll(paths.map((path) => ({ path })));
  const seen = await sidecar.seen(3);
  assert.deepEqual(
    seen.map(({ shadow }) => shadow),
    [null, null, null],
  );
  assert.deepEqual(v2.received, []);
});

test("nothing is shadowed where no path is listed", async (context) => {
  const { sidecar, users, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: { timeoutMs: 1000 } })]),
  });
  await users.send();
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow, null);
  assert.deepEqual(v2.received, []);
});

test("case 18: a shadow is not shadowed again by a mesh behind that trusts the mark", async (context) => {
  const inner = await setStage(context, {
    configuration: filterConfig([rolloutConfig()], { trustShadow: true }),
  });
  const sidecar = await startScriptedSidecar(context, { traffic: [traffic()] });
  const outer = await startMesh(context, {
    ports: { v1: inner.mesh.port, v2: inner.mesh.port, sidecar: sidecar.port },
    configuration: filterConfig(),
  });
  await sidecar.inForce(traffic(), STREAMS);
  await clientOf(context, outer.port).send();
  await Promise.all([sidecar.seen(1), inner.sidecar.seen(1)]);
  assert.equal(await inner.mesh.counted("requests_trusted_shadow", 1), 1);
  // The user's own request, the outer mesh's copy of it, and the inner mesh's.
  assert.deepEqual([inner.v1.users().length, inner.v1.shadows().length], [1, 0]);
  assert.deepEqual([inner.v2.users().length, inner.v2.shadows().length], [0, 2]);
  assert.equal(inner.sidecar.observations().length, 1);
});
