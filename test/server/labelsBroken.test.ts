import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const labelledPlan: string = planText().concat(
  "  compare: { prediction: { label: $.label } }\n  labels: { horizon: 1m }\n",
);
const BODY_BYTES_MAX = 4 << 20;

type Raw = {
  readonly socket: Socket;
  readonly got: () => string;
  readonly isClosed: () => boolean;
};

/** A connection to the HTTP port on which the head of a request for labels was sent, and nothing of its body. */
function begun(context: TestContext, sidecar: TestSidecar, fields: readonly string[]): Raw {
  const port = Number(sidecar.http.split(":").at(-1));
  const socket = connect(port, "127.0.0.1");
  context.after(() => socket.destroy());
  let got = "";
  let isClosed = false;
  socket.on("data", (part) => {
    got += part.toString();
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    isClosed = true;
  });
  const head = ["POST /v1/labels HTTP/1.1", "content-type: application/json", ...fields];
  socket.write(`${head.join("\r\n")}\r\n\r\n`);
  return { socket, got: () => got, isClosed: () => isClosed };
}

const toHere = "host: localhost";

async function answered({ got }: Raw, status: number): Promise<void> {
  const what = `an answer of ${status} comes`;
  await until(() => got().startsWith(`HTTP/1.1 ${status} `), { deadlineMs: 20_000, what });
}

async function stillTakesLabels(sidecar: TestSidecar, id: string): Promise<void> {
  const { waiting } = await sidecar.client.labels([{ rollout: "test", id, number: 1 }]);
  assert.equal(Number(waiting), 1);
  assert.equal(await sidecar.metric('understudy_faults_total{where="http"}'), 0);
}

async function started(context: TestContext): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(labelledPlan);
  return sidecar;
}

test("a caller who goes away in mid-body leaves nothing behind, and the sidecar serves on", async (context) => {
  const sidecar = await started(context);
  for (let caller = 0; caller < 20; caller += 1) {
    const raw = begun(context, sidecar, [toHere, "content-length: 100"]);
    await new Promise((sent) => raw.socket.write("{", sent));
    raw.socket.destroy();
  }
  await stillTakesLabels(sidecar, "a");
});

test("a body that is far too long is refused before its end, and its caller is told so", async (context) => {
  const sidecar = await started(context);
  const raw = begun(context, sidecar, [toHere, `content-length: ${5 * BODY_BYTES_MAX}`]);
  raw.socket.write(Buffer.alloc(BODY_BYTES_MAX + 1, " "));
  await answered(raw, 413);
  raw.socket.write(Buffer.alloc(4 * BODY_BYTES_MAX - 1, " "));
  raw.socket.write(`GET /healthz HTTP/1.1\r\n${toHere}\r\n\r\n`);
  await until(() => raw.got().includes("HTTP/1.1 200"), { deadlineMs: 5_000, what: "the next" });
  await stillTakesLabels(sidecar, "a");
});

test("case 62: a body that does not end is cut off after a while", async (context) => {
  const sidecar = await started(context);
  const raw = begun(context, sidecar, [toHere, "content-length: 100"]);
  raw.socket.write('{"labels": [');
  await until(raw.isClosed, { deadlineMs: 60_000, what: "the connection is closed" });
  await stillTakesLabels(sidecar, "a");
});

test("case 65: labels for another host's name, by another method or path are not taken", async (context) => {
  const sidecar = await started(context);
  const body = JSON.stringify([{ rollout: "test", id: "a", label: 1 }]);
  const length = `content-length: ${body.length}`;
  const elsewhere = begun(context, sidecar, ["host: evil.example", length]);
  elsewhere.socket.write(body);
  await answered(elsewhere, 421);
  for (const method of ["PUT", "DELETE", "GET", "PATCH"]) {
    const url = `http://${sidecar.http}/v1/labels`;
    assert.equal((await fetch(url, { method })).status, 405);
  }
  const other = await fetch(`http://${sidecar.http}/v1/labels/`, { method: "POST", body });
  assert.equal(other.status, 404);
  await stillTakesLabels(sidecar, "a");
});

async function post(sidecar: TestSidecar, body: string | Buffer): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(`http://${sidecar.http}/v1/labels`, {
    method: "POST",
    body: new Uint8Array(Buffer.from(body)),
    headers,
  });
}

test("text that is not UTF-8 is refused, as a mangled id would be another one", async (context) => {
  const sidecar = await started(context);
  const body = Buffer.from('[{"rollout":"test","id":"a\xff","label":1}]', "latin1");
  const response = await post(sidecar, body);
  assert.equal(response.status, 400);
  const { detail }: { detail?: string } = await response.json();
  assert.equal(detail, "the body is not UTF-8");
});

test("case 36: keys of JavaScript's own are keys like others, and change nothing", async (context) => {
  const sidecar = await started(context);
  const label = '"rollout":"test","id":"a","label":1';
  const response = await post(
    sidecar,
    `{"__proto__":{"labels":[{}]},"labels":[
      {"__proto__":{${label}}}, {"constructor":{"prototype":{"id":"x"}},${label}},
      {"rollout":"__proto__","id":"a","label":1}, {"rollout":"test","id":"__proto__","label":"constructor"}
    ]}`,
  );
  const { waiting, refused }: { waiting?: number; refused?: number } = await response.json();
  assert.deepEqual([waiting, refused], [2, 2]);
  assert.equal(Object.hasOwn(Object.prototype, "labels"), false);
});

test("text that is nested a million times, or holds millions of things, is refused and nothing else happens", async (context) => {
  const sidecar = await started(context);
  const nested = await post(sidecar, `{"labels":[${"[".repeat(1e6)}${"]".repeat(1e6)}]}`);
  assert.equal(nested.status, 200);
  const { refused }: { refused?: number } = await nested.json();
  assert.equal(refused, 1);
  const many = await post(sidecar, `[${"{},".repeat(1_300_000)}{}]`);
  assert.equal(many.status, 400);
  await stillTakesLabels(sidecar, "a");
});

test("ids that are large numbers are told apart by every digit", async (context) => {
  const sidecar = await started(context);
  const label = (id: string) => `{"rollout":"test","id":${id},"label":1}`;
  const [one, other] = ["12345678901234567890", "12345678901234567891"];
  const response = await post(sidecar, `[${label(one)},${label(other)}]`);
  const { waiting }: { waiting?: number } = await response.json();
  assert.equal(waiting, 2);
  const again = await sidecar.client.labels([{ rollout: "test", id: other, number: 1 }]);
  assert.equal(Number(again.repeated), 1);
});
