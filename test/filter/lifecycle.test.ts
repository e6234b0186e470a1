import assert from "node:assert/strict";
import { test } from "node:test";
import {
  acknowledge,
  configOf,
  greet,
  headersOf,
  said,
  sendTraffic,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import { WasmHost } from "../support/wasmHost.ts";

const ok: Header[] = [
  [":status", "200"],
  ["server", "m"],
];

function servedBy(host: WasmHost, root: number): string | undefined {
  const id = host.request(root, headersOf("u1"));
  const variant = host.stream(id).requestHeaders.at(-1)?.[1];
  host.responseHeaders(id, ok, true);
  host.end(id);
  return variant;
}

test("configuring does nothing to the outside: the canary clone stays unseen", () => {
  const host = new WasmHost();
  host.configure(configOf());
  assert.equal(host.streams.size, 0);
  assert.equal(host.calls.size, 0);
  assert.equal(host.shared.size, 0);
});

test("case 25: a tick before any configuration does nothing", () => {
  const host = new WasmHost();
  const root = host.newContext(0);
  host.tick(root);
  const id = host.request(root, headersOf("u1", [["x-understudy-variant", "v2"]]));
  assert.deepEqual(host.stream(id).requestHeaders, headersOf("u1"));
  assert.equal(host.end(id), true);
  assert.equal(host.end(root), true);
});

test("a refused update says why, and leaves the configuration before it in force", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 10_000, shadowBp: 0 }));
  assert.equal(host.reconfigure(1, configOf({ salt: "short" })), false);
  const line = "understudy: rollouts[0].salt: 5 characters: 8 to 256 printable characters";
  assert.deepEqual(host.logs, [line]);
  assert.equal(servedBy(host, 1), "v2");
  assert.equal(said(host).hellos.length, 1);
});

test("a second configuration in the VM goes on with the traffic of the first", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 10_000, shadowBp: 0 }));
  const second = host.configure(configOf({ requestTimeoutMs: 5000 }));
  assert.equal(servedBy(host, second), "v2");
  assert.equal(servedBy(host, 1), "v2");
  host.tick(second);
  const { hellos } = said(host);
  assert.equal(hellos.length, 2);
  assert.notEqual(hellos[0]?.source, hellos[1]?.source);
});

test("case 25: a root context ends when its copies are answered and its batches acknowledged", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  host.answer(id, 200, "mine");
  const second = host.configure(configOf({ requestTimeoutMs: 5000 }));
  assert.equal(host.end(1), false);
  assert.equal(servedBy(host, second), "v1");
  host.tick(1);
  assert.deepEqual(host.ended, []);
  const first = [...host.calls].find(([, call]) => call.root === 1)?.[0] ?? 0;
  host.answerCall(first, ok, Buffer.from("theirs"));
  assert.equal(said(host).observations.filter((one) => one.shadow != null).length, 1);
  host.tick(1, 20_000);
  assert.deepEqual(host.ended, [1]);
});

test("a root context ends after ten seconds, whatever is missing; what comes later is ignored", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"), false);
  const open = host.request(1, headersOf("u2"));
  const [token] = host.onlyCall();
  assert.equal(host.end(1), false);
  host.requestBody(id, Buffer.from("x"), true);
  host.tick(1, 9900);
  assert.deepEqual(host.ended, []);
  host.tick(1, 200);
  assert.deepEqual(host.ended, [1]);
  host.answerCall(token, ok);
  host.answer(id, 200, "late");
  host.answer(open, 200, "late");
  host.tick(1);
  assert.deepEqual(host.ended, [1]);
});

test("a configuration that replaces another in the same root forgets what was under way", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  const [token] = host.onlyCall();
  assert.equal(host.reconfigure(1, configOf({ name: "r2" })), true);
  host.answerCall(token, ok);
  host.answer(id, 200, "ok");
  host.tick(1, 6000);
  greet(host);
  sendTraffic(host, trafficOf({ rollout: "r2" }));
  assert.deepEqual(said(host).hellos.at(-1)?.rollouts, ["r2"]);
  assert.equal(said(host).observations.length, 0);
});

test("case 12: contexts and tokens nobody knows are ignored", () => {
  const host = stage(configOf(), trafficOf());
  for (const id of [0, 77, 0xffffffff]) {
    host.enter(id, "proxy_on_request_body", 5, 1);
    host.enter(id, "proxy_on_request_trailers", 1);
    host.enter(id, "proxy_on_response_headers", 5, 0);
    host.enter(id, "proxy_on_response_body", 5, 1);
    host.enter(id, "proxy_on_response_trailers", 1);
    host.enter(id, "proxy_on_tick");
    host.enter(id, "proxy_on_http_call_response", id, 3, 3, 0);
    host.enter(id, "proxy_on_grpc_receive", id, 3);
    host.enter(id, "proxy_on_grpc_close", id, 14);
    assert.equal(host.enter(id, "proxy_on_done"), 1);
  }
  host.answerCall(4242, ok);
  assert.equal(servedBy(host, 1), "v1");
});

test("case 23: a thousand configurations leave memory flat", () => {
  const host = new WasmHost();
  const round = (): void => {
    const root = host.configure(configOf());
    host.tick(root);
    const id = host.request(root, headersOf("u1"));
    host.answer(id, 200, "ok");
    for (const token of [...host.calls.keys()]) host.answerCall(token, ok);
    for (const [token] of host.streams) host.closeStream(token);
    host.streams.clear();
    const over = host.end(root);
    host.tick(root, 11_000);
    assert.ok(over || host.ended.includes(root));
  };
  for (let i = 0; i < 200; i++) round();
  const warm = host.memory().buffer.byteLength;
  for (let i = 0; i < 800; i++) round();
  assert.equal(host.memory().buffer.byteLength, warm);
});

/** Most requests are answered; of the others half are cut off, and half wait for their deadline. */
function finish(host: WasmHost, id: number, i: number): void {
  if (i % 7 !== 0) host.answer(id, 200, "x".repeat(i % 3000));
  else if (i % 2 === 0) host.end(id);
}

/** The sidecar acknowledges everything, with credit, and forgets it; what hung has ended. */
function drain(host: WasmHost): void {
  host.tick(1, 100);
  for (const stream of host.streams.values()) stream.messages.length = 0;
  acknowledge(host, 16_383, 1e8);
  for (const open of [...host.http.keys()].slice(2, -5)) host.end(open);
}

test("memory is flat over 20,000 requests with pairs, cookies, cut-offs and deadlines", () => {
  const sticky = { cookie: { name: "who" } };
  const host = stage(configOf({ sticky, requestTimeoutMs: 3000 }), trafficOf());
  const round = (i: number): void => {
    const id = host.request(1, headersOf(`u${i}`), false);
    host.requestBody(id, Buffer.alloc(i % 1500), true);
    finish(host, id, i);
    for (const token of [...host.calls.keys()]) host.answerCall(token, ok, Buffer.alloc(i % 2000));
    if (i % 100 === 0) drain(host);
  };
  for (let i = 0; i < 10_000; i++) round(i);
  const warm = host.memory().buffer.byteLength;
  for (let i = 10_000; i < 30_000; i++) round(i);
  assert.equal(host.memory().buffer.byteLength, warm);
});

test("callbacks of streams that take turns reach their own requests", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 0, shadowBp: 0 }));
  const first = host.request(1, headersOf("u1", [["x-request-id", "first"]]));
  const second = host.request(1, headersOf("u2", [["x-request-id", "second"]]));
  host.responseHeaders(first, [[":status", "201"]]);
  host.responseHeaders(second, [[":status", "202"]]);
  host.responseBody(first, Buffer.from("a"), true);
  host.end(first);
  const third = host.request(1, headersOf("u3", [["x-request-id", "third"]]));
  host.responseBody(second, Buffer.from("bb"), true);
  host.responseHeaders(third, [[":status", "203"]], true);
  host.responseBody(first, Buffer.from("late"), true);
  host.end(third);
  host.end(second);
  host.tick(1);
  assert.deepEqual(
    said(host).observations.map(({ requestId, answer }) => `${requestId} ${answer?.status}`),
    ["first 201", "second 202", "third 203"],
  );
});
