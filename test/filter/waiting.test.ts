import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import {
  configOf,
  dropsOf,
  headersOf,
  said,
  sendTraffic,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import type { WasmHost } from "../support/wasmHost.ts";

const { DropReason } = understudy.v1;
const ok: Header[] = [
  [":status", "200"],
  ["server", "model"],
];

/** A worker that ticks only when the test says so. */
function patient(config = configOf()): WasmHost {
  const host = stage(config, trafficOf());
  host.ticksSoon = false;
  return host;
}

test("a copy leaves after its request, at a tick that comes within a millisecond", () => {
  const host = patient();
  assert.equal(host.periodsMs.get(1), 50);
  host.request(1, headersOf("u1"));
  assert.deepEqual([host.calls.size, host.periodsMs.get(1)], [0, 1]);
  host.tick(1, 1);
  assert.equal(host.calls.size, 1);
  host.tick(1, 1);
  assert.deepEqual([host.calls.size, host.periodsMs.get(1)], [1, 50]);
});

test("copies leave in the order in which their requests ended, each once", () => {
  const host = patient();
  const first = host.request(1, headersOf("first"), false);
  host.request(1, headersOf("second"));
  host.requestBody(first, Buffer.from("x"), true);
  host.tick(1, 1);
  host.tick(1, 1);
  const users = [...host.calls.values()].map(({ headers }) => new Map(headers).get("x-user"));
  assert.deepEqual(users, ["second", "first"]);
});

test("a user who has the answer before the copy leaves is paired all the same", () => {
  const host = patient();
  host.answer(host.request(1, headersOf("u1")), 200, "mine");
  host.tick(1, 1);
  host.nowNs += 5_000_000n;
  host.answerCall(host.onlyCall()[0], ok, Buffer.from("theirs"));
  const [pair, ...more] = said(host).observations;
  assert.equal(more.length, 0);
  assert.equal(Buffer.from(pair?.shadow?.body ?? []).toString(), "theirs");
  assert.deepEqual([Number(pair?.answer?.latencyUs), Number(pair?.shadow?.latencyUs)], [0, 5000]);
});

test("a user who goes away before the copy leaves takes it along, and the next has one of their own", () => {
  const host = patient();
  const id = host.request(1, headersOf("gone"));
  host.stream(id).codeDetails = "downstream_remote_disconnect";
  host.end(id);
  host.request(1, headersOf("next"));
  host.tick(1, 1);
  assert.equal(new Map(host.onlyCall()[1].headers).get("x-user"), "next");
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_CLIENT_RESET], 1);
});

test("limits hold when copies leave: what is too much is counted, and its requests are reported alone", () => {
  const host = patient(configOf({ shadow: { paths: [{ prefix: "/" }], inFlightMax: 3 } }));
  for (let i = 0; i < 10; i++) {
    host.answer(host.request(1, headersOf(`u${i}`)), 200, "ok");
  }
  host.tick(1, 1);
  assert.equal(host.calls.size, 3);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_SHADOW_IN_FLIGHT], 7);
  assert.equal(said(host).observations.length, 7);
});

test("what waits is bounded by the bytes that may be captured", () => {
  const shadow = { paths: [{ prefix: "/" }], capturedBytesMax: 1 << 20, inFlightMax: 4096 };
  const host = patient(configOf({ shadow }));
  for (let i = 0; i < 1100; i++) {
    host.request(1, headersOf(`u${i}`));
  }
  host.tick(1, 1);
  assert.equal(host.calls.size, 1024);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_CAPTURED_BYTES], 76);
});

test("while copies leave at every tick, all else is done as often as ever", () => {
  const host = patient();
  const batches = (): number => said(host, 2).batches.length;
  for (let ms = 0; ms < 500; ms++) {
    host.answer(host.request(1, headersOf(`u${ms}`)), 200, "ok");
    host.tick(1, 1);
    for (const [token] of host.calls) {
      host.answerCall(token, ok);
    }
  }
  const count = batches();
  assert.ok(count >= 9 && count <= 11, `${count} batches in 500 ms`);
  assert.equal(host.calls.size, 0);
});

test("a root context that is to end sends what waits first", () => {
  const host = patient();
  host.answer(host.request(1, headersOf("u1")), 200, "mine");
  assert.equal(host.end(1), false);
  host.answerCall(host.onlyCall()[0], ok, Buffer.from("theirs"));
  assert.equal(said(host).observations.filter(({ shadow }) => shadow != null).length, 1);
});

test("a new configuration gives up what waits, and keeps nothing of it", () => {
  const host = patient();
  host.answer(host.request(1, headersOf("before")), 200, "ok");
  assert.equal(host.reconfigure(1, configOf({ requestTimeoutMs: 5000 })), true);
  host.tick(1, 1);
  assert.equal(host.calls.size, 0);
  host.tick(1);
  sendTraffic(host, trafficOf({ generation: 2 }));
  host.request(1, headersOf("after"));
  host.tick(1, 1);
  assert.equal(new Map(host.onlyCall()[1].headers).get("x-user"), "after");
});
