import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { configOf, dropsOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";
import type { Header } from "../support/pairs.ts";

const { DropReason, Failure } = understudy.v1;
const ok: Header[] = [
  [":status", "200"],
  ["server", "model"],
];

test("case 11: a client that goes away is reported as that, without its pair", () => {
  const host = stage(configOf(), trafficOf());
  const id = host.request(1, headersOf("u1"));
  host.stream(id).codeDetails = "downstream_remote_disconnect";
  host.end(id);
  host.answerCall(host.onlyCall()[0], ok);
  const { observations } = said(host);
  assert.equal(observations.length, 1);
  assert.equal(observations[0]?.answer?.failure, Failure.FAILURE_ABANDONED);
  assert.equal(observations[0]?.shadow, null);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_CLIENT_RESET], 1);
});

test("an answer that the upstream cuts off is reported as reset", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const id = host.request(1, headersOf("u1"));
  host.responseHeaders(id, ok);
  host.stream(id).codeDetails = "upstream_reset_after_response_started{x}";
  host.end(id);
  assert.equal(said(host).observations[0]?.answer?.failure, Failure.FAILURE_RESET);
});

test("a request without an answer is reported once, at its deadline", () => {
  const host = stage(configOf({ requestTimeoutMs: 3000 }), trafficOf({ shadowBp: 0 }));
  const id = host.request(1, headersOf("u1"));
  host.tick(1, 2900);
  assert.equal(said(host).observations.length, 0);
  host.tick(1, 100);
  const [late] = said(host).observations;
  assert.equal(late?.answer?.failure, Failure.FAILURE_TIMEOUT);
  assert.equal(late?.answer?.status, 0);
  host.answer(id, 200, "too late");
  assert.equal(said(host).observations.length, 1);
  assert.equal(dropsOf(host)[DropReason.DROP_REASON_CLIENT_RESET], undefined);
});
