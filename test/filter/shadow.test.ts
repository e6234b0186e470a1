import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import {
  configOf,
  dropsOf,
  headersOf,
  SECRET,
  said,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import type { WasmHost } from "../support/wasmHost.ts";
import { REFUSED } from "../support/wasmState.ts";

const { DropReason, Failure, Variant } = understudy.v1;
const ok: Header[] = [
  [":status", "200"],
  ["content-type", "application/json"],
  ["server", "model"],
];

const ends: { name: string; send: (host: WasmHost) => number }[] = [
  { name: "with its headers", send: (host) => host.request(1, headersOf("u1"), true) },
  {
    name: "with its last chunk",
    send: (host) => {
      const id = host.request(1, headersOf("u1"), false);
      host.requestBody(id, Buffer.from("ab"), false);
      host.requestBody(id, Buffer.from("cd"), true);
      return id;
    },
  },
  {
    name: "with an empty last chunk",
    send: (host) => {
      const id = host.request(1, headersOf("u1"), false);
      host.requestBody(id, Buffer.from("abcd"), false);
      host.requestBody(id, Buffer.alloc(0), true);
      return id;
    },
  },
  {
    name: "with trailers",
    send: (host) => {
      const id = host.request(1, headersOf("u1"), false);
      host.requestBody(id, Buffer.from("abcd"), false);
      host.requestTrailers(id);
      return id;
    },
  },
];

for (const { name, send } of ends) {
  test(`a request that ends ${name} is copied once, to the other variant, and paired`, () => {
    const host = stage(configOf(), trafficOf());
    const id = send(host);
    const [token, call] = host.onlyCall();
    assert.equal(call.cluster, "two");
    assert.equal(call.timeoutMs, 2000);
    assert.equal(call.body.toString(), name === "with its headers" ? "" : "abcd");
    assert.deepEqual(call.headers.slice(0, 3), headersOf("u1").slice(0, 3));
    const marks = call.headers.filter(([header]) => header.startsWith("x-understudy-"));
    assert.deepEqual(marks, [
      ["x-understudy-shadow", "1"],
      ["x-understudy-variant", "v2"],
    ]);
    host.answer(id, 200, "mine");
    host.answerCall(token, ok, Buffer.from("theirs"));
    const [pair, ...more] = said(host).observations;
    assert.equal(more.length, 0);
    assert.equal(pair?.served, Variant.VARIANT_PRIMARY);
    assert.equal(pair?.path, "/m/infer");
    assert.equal(pair?.requestId, "id-u1");
    assert.equal(Buffer.from(pair?.answer?.body ?? []).toString(), "mine");
    assert.equal(Buffer.from(pair?.shadow?.body ?? []).toString(), "theirs");
    assert.equal(pair?.shadow?.contentType, "application/json");
  });
}

test("the copy of a request that the candidate answers goes to the primary, if asked for", () => {
  const all = { candidateBp: 10_000 };
  const both = stage(configOf(), trafficOf(all));
  both.request(1, headersOf("u1"));
  assert.equal(both.onlyCall()[1].cluster, "one");
  const one = stage(configOf(), trafficOf({ ...all, shadowPrimary: false }));
  one.request(1, headersOf("u1"));
  assert.equal(one.calls.size, 0);
});

test("hop-by-hop headers and Envoy's own stay behind; the rest is copied", () => {
  const host = stage(configOf(), trafficOf());
  const hops = ["connection", "te", "transfer-encoding", "content-length", "x-envoy-retry-on"];
  const more: Header[] = [...hops.map((name): Header => [name, "x"]), ["traceparent", "00-1"]];
  host.request(1, headersOf("u1", [...more, ["x-understudy-override", SECRET]]));
  const names = host.onlyCall()[1].headers.map(([name]) => name);
  assert.deepEqual(names.slice(3, 6), ["x-request-id", "x-user", "traceparent"]);
  assert.equal(names.length, 8);
});

test("case 17: a path that is not listed is never copied", () => {
  const host = stage(configOf({ shadow: { paths: [{ template: "/m/{x}/infer" }] } }), trafficOf());
  host.request(1, headersOf("u1"));
  host.request(1, headersOf("u1", [[":path", "/m/a/infer?y"]]));
  assert.equal(host.calls.size, 1);
});

test("case 18: a shadow is never shadowed where marks are trusted, and keeps its mark", () => {
  const config = { ...configOf(), trustShadow: true };
  const host = stage(config, trafficOf());
  const mark: Header[] = [
    ["x-understudy-shadow", "1"],
    ["x-understudy-variant", "v9"],
  ];
  const id = host.request(1, headersOf("u1", mark));
  assert.equal(host.calls.size, 0);
  assert.deepEqual(host.stream(id).requestHeaders.slice(-2), mark);
  host.answer(id, 200, "ok");
  assert.equal(said(host).observations.length, 0);
});

const streaming: { name: string; headers: Header[] }[] = [
  { name: "an upgrade", headers: [["upgrade", "websocket"]] },
  { name: "CONNECT", headers: [[":method", "CONNECT"]] },
  { name: "extended CONNECT", headers: [[":protocol", "websocket"]] },
  { name: "gRPC-Web", headers: [["content-type", "application/grpc-web+proto"]] },
];

for (const { name, headers } of streaming) {
  test(`case 13: ${name} is split, passed by and counted`, () => {
    const host = stage(configOf(), trafficOf());
    const id = host.request(1, headersOf("u1", headers), false);
    host.requestBody(id, Buffer.from("x"), true);
    assert.equal(host.calls.size, 0);
    host.answer(id, 200, "ok");
    assert.equal(said(host).observations.length, 0);
    assert.equal(dropsOf(host)[DropReason.DROP_REASON_STREAMING], 1);
  });
}

const failures: {
  name: string;
  headers: Header[];
  body: string;
  passedMs: number;
  expected: number;
}[] = [
  {
    name: "case 16: Envoy's 503",
    headers: [
      [":status", "503"],
      ["content-length", "19"],
      ["content-type", "text/plain"],
    ],
    body: "no healthy upstream",
    passedMs: 5,
    expected: Failure.FAILURE_UNREACHABLE,
  },
  {
    name: "Envoy's 504",
    headers: [
      [":status", "504"],
      ["content-length", "24"],
      ["content-type", "text/plain"],
    ],
    body: "upstream request timeout",
    passedMs: 2000,
    expected: Failure.FAILURE_TIMEOUT,
  },
  {
    name: "case 15: nothing, at once",
    headers: [],
    body: "",
    passedMs: 5,
    expected: Failure.FAILURE_RESET,
  },
  {
    name: "nothing, late",
    headers: [],
    body: "",
    passedMs: 2001,
    expected: Failure.FAILURE_TIMEOUT,
  },
  {
    name: "the variant's 503",
    headers: [...ok.slice(1), [":status", "503"]],
    body: "busy",
    passedMs: 5,
    expected: 0,
  },
];

for (const { name, headers, body, passedMs, expected } of failures) {
  test(`${name} for a shadow is failure ${expected}`, () => {
    const host = stage(configOf(), trafficOf());
    const id = host.request(1, headersOf("u1"));
    host.answer(id, 200, "ok");
    host.nowNs += BigInt(passedMs) * 1_000_000n;
    host.answerCall(host.onlyCall()[0], headers, Buffer.from(body));
    const [pair] = said(host).observations;
    assert.equal(pair?.shadow?.failure, expected);
    assert.equal(Number(pair?.shadow?.latencyUs), passedMs * 1000);
  });
}

test("a copy that the host refuses is counted, and the request is reported alone", () => {
  const host = stage(configOf(), trafficOf());
  host.callStatus = REFUSED;
  host.answer(host.request(1, headersOf("u1")), 200, "ok");
  const { observations } = said(host);
  assert.equal(observations.length, 1);
  assert.equal(observations[0]?.shadow, null);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_SHADOW_REFUSED], 1);
});
