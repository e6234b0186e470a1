import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { configOf, dropsOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";

const { DropReason } = understudy.v1;
const ok: Header[] = [
  [":status", "200"],
  ["content-type", "application/json"],
  ["server", "model"],
];

test("case 14: no more shadows are in flight than allowed", () => {
  const shadow = { paths: [{ prefix: "/" }], inFlightMax: 3 };
  const host = stage(configOf({ shadow }), trafficOf());
  for (let i = 0; i < 10; i++) host.answer(host.request(1, headersOf(`u${i}`)), 200, "ok");
  assert.equal(host.calls.size, 3);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_SHADOW_IN_FLIGHT], 7);
  for (const token of [...host.calls.keys()]) host.answerCall(token, ok);
  host.request(1, headersOf("u"));
  assert.equal(host.calls.size, 1);
});

test("no more shadows leave in a second than allowed", () => {
  const shadow = { paths: [{ prefix: "/" }], perSecondMax: 5 };
  const host = stage(configOf({ shadow }), trafficOf());
  const burst = (): void => {
    for (let i = 0; i < 20; i++) host.answer(host.request(1, headersOf(`u${i}`)), 200, "ok");
  };
  burst();
  assert.equal(host.calls.size, 5);
  host.nowNs += 1_000_000_000n;
  burst();
  assert.equal(host.calls.size, 10);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_SHADOW_RATE], 30);
});

test("case 9: a request's body over the cap is not copied, one at the cap is", () => {
  const host = stage(configOf(), trafficOf());
  const send = (size: number): void => {
    const id = host.request(1, headersOf("u1"), false);
    host.requestBody(id, Buffer.alloc(600), false);
    host.requestBody(id, Buffer.alloc(size - 600), true);
    host.answer(id, 200, "ok");
  };
  send(1000);
  assert.equal(host.calls.size, 1);
  send(1001);
  assert.equal(host.calls.size, 1);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_SHADOW_BODY_BYTES], 1);
});

test("an answer's body is captured up to the cap, with its whole length", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  host.responseHeaders(id, ok);
  host.responseBody(id, Buffer.alloc(900, "a"), false);
  host.responseBody(id, Buffer.alloc(900, "b"), true);
  host.answerCall(host.onlyCall()[0], ok, Buffer.alloc(5000, "c"));
  const [pair] = said(host).observations;
  assert.equal(pair?.answer?.body?.length, 1000);
  assert.equal(Number(pair?.answer?.bodyBytes), 1800);
  assert.equal(pair?.answer?.truncated, true);
  assert.equal(pair?.shadow?.body?.length, 1000);
  assert.equal(Number(pair?.shadow?.bodyBytes), 5000);
  assert.equal(pair?.shadow?.truncated, true);
});

test("case 10: slow bodies together hold no more than the cap", () => {
  const shadow = { paths: [{ prefix: "/" }], inFlightMax: 4096, capturedBytesMax: 262_144 };
  const host = stage(configOf({ shadow }), trafficOf());
  const ids = Array.from({ length: 1000 }, (_, i) => host.request(1, headersOf(`u${i}`), false));
  for (const id of ids) host.requestBody(id, Buffer.alloc(1), false);
  assert.ok((dropsOf(host)[DropReason.DROP_REASON_CAPTURED_BYTES] ?? 0) > 700);
  for (const id of ids) host.requestBody(id, Buffer.alloc(1), true);
  assert.ok(host.calls.size > 0);
});
