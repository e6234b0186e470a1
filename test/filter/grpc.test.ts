import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { answer, call, frame, trailers } from "../support/callHeaders.ts";
import { configOf, dropsOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import type { WasmHost } from "../support/wasmHost.ts";

const { DropReason, Failure } = understudy.v1;
const MS = 1_000_000n;

const refused = (status: number, words: string): Header[] => [
  [":status", "200"],
  ["content-type", "application/grpc"],
  ["grpc-status", `${status}`],
  ["grpc-message", words],
];

const match = { path: { prefix: "/" } };
const declared = {
  match,
  shadow: { paths: [{ template: "/m.Scorer/{method}", grpc: "unary" }], bodyBytesMax: 1000 },
};

/** A filter that copies every call of m.Scorer. */
function unaryStage(): WasmHost {
  return stage(configOf(declared), trafficOf());
}

/** A call begins whose body is this. */
function begin(host: WasmHost, body: Buffer): number {
  const id = host.request(1, headersOf("u1", call), false);
  host.requestBody(id, body, false);
  host.requestBody(id, Buffer.alloc(0), true);
  return id;
}

test("a unary call is copied with its message, taking trailers, without a deadline beyond its own", () => {
  const host = unaryStage();
  begin(host, frame("ask"));
  const [, copy] = host.onlyCall();
  assert.deepEqual(copy.body, frame("ask"));
  const told = new Map(copy.headers);
  assert.deepEqual(
    ["te", "grpc-timeout", "content-type", "x-understudy-shadow"].map((name) => told.get(name)),
    ["trailers", undefined, "application/grpc+proto", "1"],
  );
});

const deadlines: { given: string; isKept: boolean }[] = [
  { given: "1S", isKept: true },
  { given: "2S", isKept: false },
  { given: "1999m", isKept: true },
  { given: "2000m", isKept: false },
  { given: "150000u", isKept: true },
  { given: "99999999n", isKept: true },
  { given: "99999999H", isKept: false },
  { given: "1M", isKept: false },
  { given: "000000001m", isKept: false },
  { given: "1", isKept: false },
  { given: "S", isKept: false },
  { given: "-1S", isKept: false },
  { given: "1s", isKept: false },
];

for (const { given, isKept } of deadlines) {
  test(`a copy of a call with ${given} to go is ${isKept ? "" : "not "}told so`, () => {
    const host = unaryStage();
    const headers: Header[] = [...call.slice(0, 3), ["grpc-timeout", given]];
    const id = host.request(1, headersOf("u1", headers), false);
    host.requestBody(id, frame("ask"), true);
    const [, copy] = host.onlyCall();
    const told = copy.headers.filter(([name]) => name === "grpc-timeout");
    assert.deepEqual(told, isKept ? [["grpc-timeout", given]] : []);
  });
}

test("a pair of calls has both messages, and both statuses from their trailers", () => {
  const host = unaryStage();
  const id = begin(host, frame("ask"));
  host.responseHeaders(id, answer);
  host.responseBody(id, frame("yes"), false);
  host.nowNs += 7n * MS;
  host.responseTrailers(id, trailers(0));
  host.end(id);
  host.answerCall(host.onlyCall()[0], answer.slice(0, 2), frame("no"), trailers(3));
  const [pair] = said(host).observations;
  assert.deepEqual([pair?.answer?.grpcStatus, pair?.shadow?.grpcStatus], [0, 3]);
  assert.deepEqual([pair?.answer?.grpcEncoding, pair?.shadow?.grpcEncoding], ["gzip", ""]);
  assert.equal(`${pair?.answer?.body}`, `${frame("yes")}`);
  assert.equal(`${pair?.shadow?.body}`, `${frame("no")}`);
  assert.equal(Number(pair?.answer?.latencyUs), 7_000);
});

test("answers without a body have their status in their headers", () => {
  const host = unaryStage();
  const id = begin(host, frame("ask"));
  host.responseHeaders(id, refused(5, "no such patient"), true);
  host.end(id);
  host.answerCall(host.onlyCall()[0], refused(13, "broken"));
  const [pair] = said(host).observations;
  assert.deepEqual([pair?.answer?.grpcStatus, pair?.shadow?.grpcStatus], [5, 13]);
  assert.deepEqual([pair?.answer?.failure ?? 0, pair?.shadow?.failure ?? 0], [0, 0]);
});

test("a complete answer without a status is UNKNOWN, as clients take it; one of another HTTP status has none", () => {
  const host = unaryStage();
  const id = begin(host, frame("ask"));
  host.responseHeaders(id, answer);
  host.responseBody(id, frame("yes"), true);
  host.end(id);
  const html: Header[] = [
    [":status", "502"],
    ["content-type", "text/html"],
  ];
  host.answerCall(host.onlyCall()[0], html, Buffer.from("<p>"));
  const [pair] = said(host).observations;
  assert.deepEqual([pair?.answer?.grpcStatus, pair?.shadow?.grpcStatus ?? "none"], [2, "none"]);
});

const made: { name: string; headers: Header[]; expected: number }[] = [
  {
    name: "a deadline that Envoy saw pass",
    headers: refused(14, "upstream request timeout"),
    expected: Failure.FAILURE_TIMEOUT,
  },
  {
    name: "a connection that Envoy could not make",
    headers: refused(14, "upstream connect error or disconnect/reset before headers. reset reason"),
    expected: Failure.FAILURE_UNREACHABLE,
  },
];

for (const { name, headers, expected } of made) {
  test(`${name} is no answer of the candidate's to a copied call`, () => {
    const host = unaryStage();
    begin(host, frame("ask"));
    host.answerCall(host.onlyCall()[0], headers);
    host.nowNs += 15_000n * MS;
    assert.equal(said(host).observations[0]?.shadow?.failure, expected);
  });
}

test("Envoy's own answer to a user's call is a failure, though its HTTP status is 200", () => {
  const host = stage(configOf(declared), trafficOf({ shadowBp: 0 }));
  const id = begin(host, frame("ask"));
  host.stream(id).codeDetails = "upstream_reset_before_response_started{connection_failure}";
  host.responseHeaders(id, refused(14, "upstream connect error"), true);
  host.end(id);
  const [one] = said(host).observations;
  assert.equal(one?.answer?.failure, Failure.FAILURE_UNREACHABLE);
  assert.equal(one?.answer?.grpcStatus, 14);
});

const notUnary: { name: string; body: Buffer; reason: number }[] = [
  {
    name: "two messages",
    body: Buffer.concat([frame("a"), frame("b")]),
    reason: DropReason.DROP_REASON_STREAMING,
  },
  { name: "no message", body: Buffer.alloc(0), reason: DropReason.DROP_REASON_STREAMING },
  {
    name: "half a message",
    body: frame("abc").subarray(0, 6),
    reason: DropReason.DROP_REASON_STREAMING,
  },
  {
    name: "a message beyond the cap",
    body: frame("x".repeat(996)),
    reason: DropReason.DROP_REASON_SHADOW_BODY_BYTES,
  },
];

for (const { name, body, reason } of notUnary) {
  test(`a call declared unary that sends ${name} is not copied, and is reported alone`, () => {
    const host = unaryStage();
    const id = begin(host, body);
    host.responseHeaders(id, answer);
    host.responseTrailers(id, trailers(0));
    host.end(id);
    assert.equal(host.calls.size, 0);
    const { observations } = said(host);
    assert.deepEqual([observations.length, observations[0]?.shadow ?? null], [1, null]);
    assert.equal(dropsOf(host)[reason], 1);
  });
}

test("a message as large as the cap is copied", () => {
  const host = unaryStage();
  begin(host, frame("x".repeat(995)));
  assert.equal(host.onlyCall()[1].body.length, 1000);
});

test("a call declared unary that is still sending at the deadline is given up and counted", () => {
  const host = unaryStage();
  const id = host.request(1, headersOf("u1", call), false);
  host.requestBody(id, frame("ask").subarray(0, 6), false);
  host.nowNs += 15_000n * MS;
  const [one] = said(host).observations;
  assert.equal(one?.answer?.failure, Failure.FAILURE_TIMEOUT);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_STREAMING], 1);
  host.requestBody(id, frame("ask").subarray(6), true);
  assert.equal(host.calls.size, 0);
});

test("a path without a declaration is not about calls, nor one with it about anything else", () => {
  const plain = stage(
    configOf({ match, shadow: { paths: [{ prefix: "/m.Scorer/" }] } }),
    trafficOf(),
  );
  begin(plain, frame("ask"));
  assert.equal(plain.calls.size, 0);
  assert.equal(dropsOf(plain)[DropReason.DROP_REASON_STREAMING], 1);
  const host = unaryStage();
  host.request(1, headersOf("u1", [[":path", "/m.Scorer/Score"]]));
  assert.equal(host.calls.size, 0);
  assert.deepEqual(dropsOf(host), {});
});
