import assert from "node:assert/strict";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { gzipSync } from "node:zlib";
import { askHttp } from "../support/httpCaller.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const PAUSE = "POST /v1/rollouts/test:pause";
const asJson = { "content-type": "application/json" };

async function started(context: TestContext): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  return sidecar;
}

async function isUnharmed(sidecar: TestSidecar): Promise<void> {
  assert.equal(Number((await sidecar.client.get("test")).revision), 1);
  assert.equal(await sidecar.metric('understudy_faults_total{where="http"}'), 0);
}

const deep = `{"reason": ${"[".repeat(8_000)}${"]".repeat(8_000)}}`;
const bodies: readonly { name: string; body: string; status?: number }[] = [
  { name: "no JSON", body: "{reason: 1}" },
  { name: "half of it", body: '{"reason": "x"' },
  { name: "a list", body: "[]" },
  { name: "null", body: "null" },
  { name: "a number", body: "7" },
  { name: "a text", body: '"reason"' },
  { name: "a field that nobody knows", body: '{"raeson": "x"}' },
  { name: "case 36: JavaScript's own names", body: '{"__proto__": {"reason": "x"}}' },
  { name: "case 36: a constructor", body: '{"constructor": "x", "toString": 1}' },
  { name: "a reason that is none", body: '{"reason": {"toString": "x"}}' },
  { name: "a list as a reason", body: '{"reason": ["x"]}' },
  { name: "case 42: lists in lists", body: deep },
  { name: "a revision below none", body: '{"revision": -1}' },
  { name: "half a revision", body: '{"revision": 1.5}' },
  { name: "a revision beyond numbers", body: '{"revision": 1e400}' },
  { name: "a revision without all its digits", body: '{"revision": "9007199254740993"}' },
  { name: "a revision that is a text", body: '{"revision": "one"}' },
  { name: "the name of another", body: '{"name": "other"}' },
  { name: "a reason of 1,001 characters", body: `{"reason": "${"x".repeat(1_001)}"}` },
  { name: "too much", body: `{"reason": "${"x".repeat(17_000)}"}`, status: 413 },
  { name: "white space without end", body: " ".repeat(17_000), status: 413 },
];

test("a body that is not what it should be is refused, and nothing is done", async (context) => {
  const sidecar = await started(context);
  for (const { body, name, status = 400 } of bodies) {
    const got = await askHttp(sidecar, PAUSE, { headers: asJson, body });
    assert.equal(got.status, status, name);
    assert.equal(got.json.code, "invalid", name);
  }
  await isUnharmed(sidecar);
});

test("a plan in JSON that is too long, or no text, is refused", async (context) => {
  const sidecar = await started(context);
  const apply = "POST /v1/rollouts";
  const long = await askHttp(sidecar, apply, { body: { plan: "#".repeat(600_000) } });
  assert.equal(long.status, 413);
  for (const plan of [{ kind: "Rollout" }, 7, ["x"], true]) {
    assert.equal((await askHttp(sidecar, apply, { body: { plan } })).status, 400);
  }
  const bomb = `a: &a [${"x,".repeat(99)}]\n${"b: [*a, *a, *a]\n".repeat(99)}`;
  assert.equal((await askHttp(sidecar, apply, { body: { plan: bomb } })).status, 400);
  await isUnharmed(sidecar);
});

test("what browsers send across origins without asking, and what is packed, is no request", async (context) => {
  const sidecar = await started(context);
  const types = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""];
  for (const type of types) {
    const got = await askHttp(sidecar, PAUSE, { headers: { "content-type": type }, body: "{}" });
    assert.equal(got.status, 415, type);
  }
  const packed = { ...asJson, "content-encoding": "gzip" };
  const body = gzipSync("{}").toString("latin1");
  assert.equal((await askHttp(sidecar, PAUSE, { headers: packed, body })).status, 415);
  await isUnharmed(sidecar);
});

test("case 66: a page of another origin changes nothing, and learns nothing by a request that reads", async (context) => {
  const sidecar = await started(context);
  const foreign = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { origin: "nonsense" },
    { origin: "http://localhost:1" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  for (const headers of foreign) {
    for (const what of [
      PAUSE,
      "POST /v1/rollouts",
      "POST /v1/labels",
      "DELETE /v1/rollouts/test",
    ]) {
      const got = await askHttp(sidecar, what, { headers: { ...asJson, ...headers }, body: "{}" });
      assert.equal(got.status, 403, `${what} ${JSON.stringify(headers)}`);
    }
    const read = await askHttp(sidecar, "GET /v1/rollouts", { headers });
    assert.equal(read.headers.get("access-control-allow-origin"), null);
  }
  await isUnharmed(sidecar);
  const own = { origin: `http://${sidecar.http}`, "sec-fetch-site": "same-origin" };
  assert.equal((await askHttp(sidecar, PAUSE, { headers: own, body: {} })).status, 200);
});

test("case 65: another host's name is not answered, whatever is asked", async (context) => {
  const sidecar = await started(context);
  const whats = [PAUSE, "GET /v1/rollouts", "GET /v1/rollouts/test/watch", "GET /v1/labels"];
  for (const what of whats) {
    const [method, path] = what.split(" ");
    const [host, port] = sidecar.http.split(":");
    const request = httpRequest({
      ...{ host, port, method, path },
      headers: { ...asJson, host: "evil.example" },
    });
    request.end();
    const response = await new Promise<IncomingMessage>((resolve) => {
      request.once("response", resolve);
    });
    response.resume();
    assert.equal(response.statusCode, 421, what);
  }
  await isUnharmed(sidecar);
});

test("a query says only what its path knows", async (context) => {
  const sidecar = await started(context);
  const bad = ["history?limit=101", "history?limit=x", "history?limit=1&limit=2", "history?a=1"];
  for (const path of [...bad, "history?before=-1", "explain?token=x", "watch?name=other"]) {
    assert.equal((await askHttp(sidecar, `GET /v1/rollouts/test/${path}`)).status, 400, path);
  }
  assert.equal((await askHttp(sidecar, "GET /v1/rollouts/test/history?limit=100")).status, 200);
});

test("a key that is none is refused, and nothing done", async (context) => {
  const sidecar = await started(context);
  for (const key of ["", "x".repeat(65), "two words"]) {
    const headers = { "idempotency-key": key };
    assert.equal((await askHttp(sidecar, PAUSE, { headers, body: {} })).status, 400, key);
  }
  await isUnharmed(sidecar);
});

test("case 10: a body that comes too slowly is cut off, and others are answered meanwhile", async (context) => {
  const sidecar = await started(context);
  const port = Number(sidecar.http.split(":").at(-1));
  const slow = Array.from({ length: 20 }, () => {
    const socket = connect(port, "127.0.0.1");
    context.after(() => socket.destroy());
    socket.on("error", () => undefined).resume();
    const head = ["POST /v1/rollouts/test:pause HTTP/1.1", "host: localhost"];
    const fields = ["content-type: application/json", "content-length: 20"];
    socket.write(`${[...head, ...fields].join("\r\n")}\r\n\r\n{`);
    return socket;
  });
  assert.equal((await askHttp(sidecar, "GET /v1/rollouts/test")).status, 200);
  await until(() => slow.every(({ closed }) => closed), {
    deadlineMs: 60_000,
    what: "all of them are closed",
  });
  await isUnharmed(sidecar);
});
