import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { configOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";
import type { WasmHost } from "../support/wasmHost.ts";

const { Failure } = understudy.v1;
const ok: Header[] = [[":status", "200"]];
const NOISE = { noiseBp: 10_000 };

/** The tokens of the calls to these clusters, in the order they were made. */
function tokensTo(host: WasmHost, cluster: string): readonly number[] {
  return [...host.calls].filter(([, call]) => call.cluster === cluster).map(([token]) => token);
}

test("a request in the noise's cohort is copied to the primary too, and reported when all three have answered", () => {
  const host = stage(configOf(), trafficOf(NOISE));
  const id = host.request(1, headersOf("u1"), false);
  host.requestBody(id, Buffer.from("ask"), true);
  const [candidate = 0] = tokensTo(host, "two");
  const [second = 0] = tokensTo(host, "one");
  const variants = [candidate, second].map((token) => host.calls.get(token)?.headers.slice(-2));
  assert.deepEqual(variants, [
    [
      ["x-understudy-shadow", "1"],
      ["x-understudy-variant", "v2"],
    ],
    [
      ["x-understudy-shadow", "1"],
      ["x-understudy-variant", "v1"],
    ],
  ]);
  host.answer(id, 200, "users");
  host.answerCall(second, ok, Buffer.from("second"));
  assert.equal(said(host).observations.length, 0);
  host.answerCall(candidate, ok, Buffer.from("candidates"));
  const [seen] = said(host).observations;
  assert.deepEqual(
    [seen?.answer, seen?.shadow, seen?.secondary].map((answer) => `${answer?.body}`),
    ["users", "candidates", "second"],
  );
});

test("without noise in the traffic there is one copy", () => {
  const host = stage(configOf(), trafficOf());
  host.request(1, headersOf("u1"));
  assert.deepEqual([tokensTo(host, "one").length, tokensTo(host, "two").length], [0, 1]);
});

test("a second copy that is not answered in time has timed out, and holds nothing up beyond that", () => {
  const host = stage(configOf(), trafficOf(NOISE));
  const id = host.request(1, headersOf("u1"));
  host.answer(id, 200, "users");
  host.answerCall(tokensTo(host, "two")[0] ?? 0, ok, Buffer.from("candidates"));
  host.nowNs += 15_000n * 1_000_000n;
  const [seen] = said(host).observations;
  assert.equal(seen?.shadow?.status, 200);
  assert.equal(seen?.secondary?.failure, Failure.FAILURE_TIMEOUT);
  host.answerCall(tokensTo(host, "one")[0] ?? 0, ok, Buffer.from("late"));
  assert.equal(said(host).observations.length, 1);
});

test("when the second copy is over the limit there is a pair all the same", () => {
  const shadow = { paths: [{ prefix: "/m/" }], inFlightMax: 1 };
  const host = stage(configOf({ shadow }), trafficOf(NOISE));
  const id = host.request(1, headersOf("u1"));
  assert.deepEqual([tokensTo(host, "one").length, tokensTo(host, "two").length], [0, 1]);
  host.answer(id, 200, "users");
  host.answerCall(tokensTo(host, "two")[0] ?? 0, ok, Buffer.from("candidates"));
  const [seen] = said(host).observations;
  assert.equal(`${seen?.shadow?.body}`, "candidates");
  assert.equal(seen?.secondary, null);
});
