import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { answer, call, frame, trailers } from "../support/callHeaders.ts";
import { configOf, dropsOf, headersOf, said, stage, trafficOf } from "../support/filterStage.ts";

const { Failure } = understudy.v1;
const MS = 1_000_000n;

test("a stream is observed: its latency is that to its headers, its outcome that of its trailers", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const id = host.request(1, headersOf("u1", call.slice(1)), false);
  host.nowNs += 5n * MS;
  host.responseHeaders(id, answer);
  host.nowNs += 50n * MS;
  host.responseBody(id, frame("a"), false);
  host.responseTrailers(id, trailers(14));
  host.end(id);
  const [one] = said(host).observations;
  assert.deepEqual([one?.answer?.grpcStatus, Number(one?.answer?.latencyUs)], [14, 5_000]);
  assert.deepEqual(dropsOf(host), {});
});

const brokenOff: { name: string; details: string; expected: number }[] = [
  { name: "the user leaves", details: "via_upstream", expected: Failure.FAILURE_UNSPECIFIED },
  {
    name: "the variant breaks off",
    details: "upstream_reset_after_response_started{connection_termination}",
    expected: Failure.FAILURE_RESET,
  },
];

for (const { name, details, expected } of brokenOff) {
  test(`a stream that ${name} is reported as that, without a status`, () => {
    const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
    const id = host.request(1, headersOf("u1", call.slice(1)), false);
    host.responseHeaders(id, answer);
    host.stream(id).codeDetails = details;
    host.end(id);
    const [one] = said(host).observations;
    assert.equal(one?.answer?.failure ?? 0, expected);
    assert.equal(one?.answer?.grpcStatus ?? "none", "none");
  });
}

test("a stream that goes on at the deadline has answered", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0 }));
  const id = host.request(1, headersOf("u1", call.slice(1)), false);
  host.responseHeaders(id, answer);
  host.nowNs += 15_000n * MS;
  const [one] = said(host).observations;
  assert.deepEqual([one?.answer?.failure ?? 0, one?.answer?.truncated], [0, true]);
  host.responseTrailers(id, trailers(0));
  host.end(id);
  assert.equal(said(host).observations.length, 1);
});
