import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { configOf, dropsOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import type { WasmHost } from "../support/wasmHost.ts";

const { DropReason, Failure } = understudy.v1;
const events: Header[] = [
  [":status", "200"],
  ["content-type", "text/event-stream; charset=utf-8"],
];

/** A shadowed request whose answer has begun to stream. */
function streaming(): { host: WasmHost; id: number; token: number } {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  const [token] = host.onlyCall();
  host.nowNs += 5n * 1_000_000n;
  host.responseHeaders(id, events);
  return { host, id, token };
}

test("server-sent events of a pair are captured to their end, with the time to the first of them", () => {
  const { host, id, token } = streaming();
  host.nowNs += 20n * 1_000_000n;
  host.responseBody(id, Buffer.from("data: a\n\n"), false);
  host.nowNs += 30n * 1_000_000n;
  host.responseBody(id, Buffer.from("data: b\n\n"), true);
  host.end(id);
  assert.equal(said(host).observations.length, 0);
  host.answerCall(token, events, Buffer.from("data: ab\n\n"));
  const [pair] = said(host).observations;
  assert.equal(`${pair?.answer?.body}`, "data: a\n\ndata: b\n\n");
  assert.equal(`${pair?.shadow?.body}`, "data: ab\n\n");
  assert.deepEqual(
    [pair?.answer?.latencyUs, pair?.answer?.firstByteUs, pair?.answer?.truncated].map(Number),
    [5_000, 25_000, 0],
  );
});

test("server-sent events that belong to no pair are reported as they begin, alone", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const id = host.request(1, headersOf("u1"));
  host.responseHeaders(id, events);
  const [one] = said(host).observations;
  assert.equal(one?.answer?.status, 200);
  assert.equal(one?.shadow, null);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_STREAMING], 1);
  host.responseBody(id, Buffer.from("data"), false);
  host.end(id);
  assert.equal(said(host).observations.length, 1);
});

test("an answer in gRPC is reported as it begins, alone", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  host.responseHeaders(id, [
    [":status", "200"],
    ["content-type", "application/grpc"],
  ]);
  assert.equal(said(host).observations[0]?.shadow, null);
});

test("a stream that goes on at the deadline has answered: the pair is reported as far as it came", () => {
  const { host, id, token } = streaming();
  host.responseBody(id, Buffer.from("data: a\n\n"), false);
  host.answerCall(token, events, Buffer.from("data: a\n\n"));
  host.nowNs += 15_000n * 1_000_000n;
  const [pair] = said(host).observations;
  assert.equal(pair?.answer?.failure ?? 0, Failure.FAILURE_UNSPECIFIED);
  assert.equal(`${pair?.answer?.body}`, "data: a\n\n");
  assert.equal(pair?.answer?.truncated, true);
  assert.equal(pair?.shadow?.status, 200);
  host.responseBody(id, Buffer.from("data: b\n\n"), true);
  host.end(id);
  assert.equal(said(host).observations.length, 1);
});

test("a stream that breaks off is reported alone, as one that is passed by would be", () => {
  const { host, id, token } = streaming();
  host.responseBody(id, Buffer.from("data: a\n\n"), false);
  host.end(id);
  const [one] = said(host).observations;
  assert.equal(one?.answer?.status, 200);
  assert.equal(one?.answer?.failure ?? 0, Failure.FAILURE_UNSPECIFIED);
  assert.equal(one?.shadow, null);
  host.answerCall(token, events, Buffer.from("data: a\n\n"));
  assert.equal(said(host).observations.length, 1);
});

const lengths: { name: string; value: string; expected: number }[] = [
  { name: "a number", value: "123", expected: 123 },
  { name: "no number", value: "12a", expected: 0 },
  { name: "a negative number", value: "-1", expected: 0 },
  { name: "a number beyond anything that is held", value: "12345678901", expected: 0 },
  { name: "empty", value: "", expected: 0 },
];
for (const { name, value, expected } of lengths) {
  test(`the length of the JSON before binary tensors is told as ${expected} when it is ${name}`, () => {
    const host = stage(configOf(), trafficOf());
    const id = host.request(1, headersOf("u1"));
    const head: Header[] = [
      [":status", "200"],
      ["inference-header-content-length", value],
    ];
    host.answerCall(host.onlyCall()[0], head, Buffer.from("{}"));
    host.responseHeaders(id, head);
    host.responseBody(id, Buffer.from("{}"), true);
    host.end(id);
    const [pair] = said(host).observations;
    assert.deepEqual(
      [pair?.answer?.inferenceHeaderBytes ?? 0, pair?.shadow?.inferenceHeaderBytes ?? 0],
      [expected, expected],
    );
  });
}
