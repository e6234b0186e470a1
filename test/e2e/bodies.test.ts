import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { INFER_PATH } from "../support/client.ts";
import { filterConfig, rolloutConfig, shadowConfig } from "../support/filterConfig.ts";
import { sendHttp2 } from "../support/http2Client.ts";
import { rawPost, sendRaw } from "../support/rawClient.ts";
import { setStage } from "../support/stage.ts";
import { answering } from "../support/upstream.ts";

const PART = "0123456789".repeat(100);

test("a chunked request is copied whole", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  await users.send({ chunks: [PART, PART, "end"] });
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(v1.received[0]?.body.toString(), `${PART}${PART}end`);
  assert.equal(v2.received[0]?.body.toString(), `${PART}${PART}end`);
});

test("a chunked answer reaches user and sidecar whole", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = (_, response) => {
    response.writeHead(200, { "content-type": "text/plain" });
    for (const part of [PART, PART, "primary"]) {
      response.write(part);
    }
    response.end();
  };
  v2.answer = (_, response) => {
    response.write(PART);
    response.end("candidate");
  };
  assert.equal((await users.send()).body, `${PART}${PART}primary`);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.body.toString(), `${PART}${PART}primary`);
  assert.equal(seen?.shadow?.body.toString(), `${PART}candidate`);
});

test("a request whose body ends in trailers is copied whole", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  await users.send({ chunks: [PART], headers: { trailer: "x-sum" }, trailers: { "x-sum": "7" } });
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(v1.received[0]?.trailers["x-sum"], "7");
  assert.equal(v2.received[0]?.body.toString(), PART);
});

test("an answer whose body ends in trailers reaches user and sidecar whole", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  const trailed =
    (text: string): typeof v1.answer =>
    (_, response) => {
      response.writeHead(200, { trailer: "x-sum" });
      response.write(text);
      response.addTrailers({ "x-sum": "7" });
      response.end();
    };
  v1.answer = trailed("primary");
  v2.answer = trailed("candidate");
  const got = await users.send();
  assert.deepEqual([got.body, got.trailers], ["primary", { "x-sum": "7" }]);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.body.toString(), "primary");
  assert.equal(seen?.shadow?.body.toString(), "candidate");
});

test("a request of headers alone, with an answer of headers alone, is a pair", async (context) => {
  const { sidecar, users, v1, v2 } = await setStage(context);
  v1.answer = (_, response) => response.writeHead(204).end();
  v2.answer = (_, response) => response.writeHead(204).end();
  assert.equal((await users.send({ method: "GET", chunks: [] })).status, 204);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual(
    [seen?.answer, seen?.shadow].map((each) => [each?.status, each?.bodyBytes, each?.truncated]),
    [
      [204, 0, false],
      [204, 0, false],
    ],
  );
  assert.equal(v2.shadows()[0]?.method, "GET");
});

test("an answer to HEAD is a pair without bodies", async (context) => {
  const { sidecar, users } = await setStage(context);
  assert.equal((await users.send({ method: "HEAD", chunks: [] })).status, 200);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual([seen?.answer.bodyBytes, seen?.shadow?.bodyBytes], [0, 0]);
});

test("a request body beyond the cap reaches the user's variant whole, and is not shadowed", async (context) => {
  const { sidecar, users, v1, v2, mesh } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ bodyBytesMax: 4096 }) })]),
  });
  const body = "x".repeat(3_000_000);
  assert.equal((await users.send({ body })).status, 200);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow, null);
  assert.equal(v1.received[0]?.body.length, body.length);
  assert.deepEqual(v2.received, []);
  assert.equal(await mesh.counted("drops_shadow_body_bytes", 1), 1);
});

test("a request body of the cap is shadowed, one byte more is not", async (context) => {
  const { sidecar, users, v2 } = await setStage(context, {
    configuration: filterConfig([rolloutConfig({ shadow: shadowConfig({ bodyBytesMax: 4096 }) })]),
  });
  await users.send({ body: "x".repeat(4096) });
  await users.send({ body: "x".repeat(4097) });
  await sidecar.seen(2);
  assert.deepEqual(
    v2.received.map(({ body }) => body.length),
    [4096],
  );
});

test("a request that waits for leave to send its body is copied whole", async (context) => {
  const { sidecar, mesh, v2 } = await setStage(context);
  const answer = await sendRaw(mesh.port, rawPost(INFER_PATH, ["expect: 100-continue"], PART));
  assert.match(answer, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.status, 200);
  assert.equal(v2.received[0]?.body.toString(), PART);
});

test("an answer that comes before its request has ended is observed, and not shadowed", async (context) => {
  const { sidecar, mesh, v1, v2 } = await setStage(context);
  v1.answerEarly = (response) => response.writeHead(413, { connection: "close" }).end("enough");
  const got = await sendRaw(mesh.port, rawPost(INFER_PATH, [], PART).subarray(0, -1));
  assert.match(got, /^HTTP\/1.1 413 /);
  const [seen] = await sidecar.seen(1);
  assert.deepEqual([seen?.answer.status, seen?.shadow], [413, null]);
  assert.equal(v2.received.length, 0);
});

test("a huge answer reaches the user whole, and is told by its size", async (context) => {
  const { sidecar, users, v1 } = await setStage(context);
  v1.answer = answering(200, "application/octet-stream", Buffer.alloc(20_000_000, "x"));
  assert.equal((await users.send()).body.length, 20_000_000);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.answer.bodyBytes, 20_000_000);
  assert.equal(seen?.answer.body.length, 65_536);
  assert.equal(seen?.answer.truncated, true);
});

test("requests over one HTTP/2 connection are split, copied and observed like others", async (context) => {
  const { sidecar, mesh, v1, v2 } = await setStage(context);
  const sent = Array.from({ length: 40 }, (_, index) => ({ chunks: [PART, `${index}`] }));
  const got = await sendHttp2(mesh.port, sent);
  assert.ok(got.every(({ status, body }) => status === 200 && body.includes('"v1"')));
  const seen = await sidecar.seen(40);
  assert.ok(seen.every(({ shadow }) => shadow?.status === 200));
  const bodies = (received: typeof v1.received): readonly string[] =>
    received.map(({ body }) => body.toString()).toSorted();
  assert.deepEqual(bodies(v2.received), bodies(v1.received));
});

test("an HTTP/2 request whose body ends in trailers is copied whole", async (context) => {
  const { sidecar, mesh, v2 } = await setStage(context);
  await sendHttp2(mesh.port, [{ chunks: [PART], trailers: { "x-sum": "7" } }]);
  const [seen] = await sidecar.seen(1);
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(v2.received[0]?.body.toString(), PART);
});

test("case 9: a request of 100 MB in chunks leaves Envoy's memory about as it was", async (context) => {
  const { users, v1, mesh } = await setStage(context);
  await users.send();
  const before = residentBytes(mesh.envoy.pid);
  const chunks = Array(1600).fill(Buffer.alloc(65_536, "x"));
  assert.equal((await users.send({ chunks })).status, 200);
  assert.equal(v1.received[1]?.body.length, 1600 * 65_536);
  assert.equal(await mesh.counted("drops_shadow_body_bytes", 1), 1);
  const grownBytes = residentBytes(mesh.envoy.pid) - before;
  assert.ok(grownBytes < 32 << 20, `${grownBytes}`);
});

/** Memory of a running process (proc(5), VmRSS). */
function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
