import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import {
  configOf,
  greet,
  headersOf,
  said,
  sendTraffic,
  stage,
  trafficOf,
} from "../support/filterStage.ts";
import { WasmHost } from "../support/wasmHost.ts";

const { Failure } = understudy.v1;
const versions = { primaryVersion: "v1", candidateVersion: "v2" };
const candidate = trafficOf({ ...versions, candidateBp: 10_000, shadowBp: 0 });

/** The version that a configuration's root serves a user with. */
function servedBy(host: WasmHost, root = 1): string | undefined {
  const id = host.request(root, headersOf("u1"));
  return host.stream(id).requestHeaders.at(-1)?.[1];
}

const strangers: { name: string; change: object; refused: string }[] = [
  {
    name: "another candidate",
    change: { candidateVersion: "v3" },
    refused: "candidate_version: v3: v2 in the filter's configuration",
  },
  {
    name: "another primary",
    change: { primaryVersion: "v0" },
    refused: "primary_version: v0: v1 in the filter's configuration",
  },
  {
    name: "the versions the other way round",
    change: { primaryVersion: "v2", candidateVersion: "v1" },
    refused: "primary_version: v2: v1 in the filter's configuration",
  },
];

for (const { name, change, refused } of strangers) {
  test(`traffic about ${name} is refused, and moves nobody`, () => {
    const host = stage(configOf(), candidate);
    sendTraffic(host, trafficOf({ ...versions, generation: 2, candidateBp: 0, ...change }));
    const report = said(host).inForce.at(-1);
    assert.equal(report?.refused, refused);
    assert.equal(Number(report?.generation), 1);
    assert.equal(report?.candidateBp, 10_000);
    assert.equal(servedBy(host), "v2");
    assert.equal(host.counter("traffic_refused"), 1);
  });
}

test("traffic that does not say its versions is taken", () => {
  const host = stage(configOf(), trafficOf({ candidateBp: 10_000 }));
  assert.equal(said(host).inForce.at(-1)?.refused, "");
  assert.equal(servedBy(host), "v2");
});

test("a configuration with another candidate starts on its primary, whatever weight the one before had", () => {
  const host = stage(configOf(), candidate);
  const next = configOf({
    primary: { cluster: "two", version: "v2" },
    candidate: { cluster: "three", version: "v3" },
  });
  const second = host.configure(next);
  assert.equal(servedBy(host, second), "v2");
  host.tick(second);
  assert.deepEqual(said(host, second).hellos.at(-1)?.inForce, []);
  const other = new WasmHost(host.shared);
  assert.equal(servedBy(other, other.configure(next)), "v2");
  const third = host.configure(configOf());
  assert.equal(servedBy(host, third), "v2", "the first pair of versions has its weight still");
});

/** How many requests have timed out after so many milliseconds more. */
function timedOut(host: WasmHost, passedMs: number): number {
  host.tick(1, passedMs);
  return said(host).observations.filter(({ answer }) => answer?.failure === Failure.FAILURE_TIMEOUT)
    .length;
}

test("a request times out when the plan says, not when the configuration does", () => {
  const planned = trafficOf({ shadowBp: 0, requestTimeoutMs: 1000 });
  const host = stage(configOf({ requestTimeoutMs: 3000 }), planned);
  host.request(1, headersOf("u1"));
  assert.equal(timedOut(host, 900), 0);
  assert.equal(timedOut(host, 100), 1);
});

test("a plan may wait longer than the configuration does", () => {
  const planned = trafficOf({ shadowBp: 0, requestTimeoutMs: 5000 });
  const host = stage(configOf({ requestTimeoutMs: 3000 }), planned);
  host.request(1, headersOf("u1"));
  assert.equal(timedOut(host, 4800), 0);
  assert.equal(timedOut(host, 200), 1);
});

test("a request under way keeps the deadline it began with", () => {
  const host = stage(configOf(), trafficOf({ shadowBp: 0, requestTimeoutMs: 1000 }));
  host.request(1, headersOf("u1"));
  sendTraffic(host, trafficOf({ generation: 2, shadowBp: 0, requestTimeoutMs: 9000 }));
  host.request(1, headersOf("u2"));
  assert.equal(timedOut(host, 1000), 1);
  assert.equal(timedOut(host, 7800), 1);
  assert.equal(timedOut(host, 300), 2);
});

test("the next generation that says no timeout gives the deadline back to the configuration", () => {
  const planned = trafficOf({ shadowBp: 0, requestTimeoutMs: 1000 });
  const host = stage(configOf({ requestTimeoutMs: 3000 }), planned);
  sendTraffic(host, trafficOf({ generation: 2, shadowBp: 0 }));
  host.request(1, headersOf("u1"));
  assert.equal(timedOut(host, 2800), 0);
  assert.equal(timedOut(host, 200), 1);
});

test("the plan's timeout outlives a new configuration and the VM", () => {
  const planned = trafficOf({ shadowBp: 0, requestTimeoutMs: 1000 });
  const first = stage(configOf({ requestTimeoutMs: 3000 }), planned);
  assert.equal(first.reconfigure(1, configOf({ requestTimeoutMs: 4000 })), true);
  const second = new WasmHost(first.shared);
  second.configure(configOf({ requestTimeoutMs: 3000 }));
  for (const host of [first, second]) {
    host.tick(1, 6000);
    greet(host);
    host.request(1, headersOf("u1"));
    assert.equal(timedOut(host, 1000), 1);
  }
});

const timeouts: { given: number; refused: string }[] = [
  { given: 2000, refused: "generation: 1: in force with other values" },
  { given: 0, refused: "generation: 1: in force with other values" },
  { given: 1000, refused: "" },
  { given: 600_001, refused: "request_timeout_ms: 600001: at most 600000" },
];

for (const { given, refused } of timeouts) {
  test(`after a timeout of 1000 ms, one of ${given} ms in the same generation is answered "${refused}"`, () => {
    const host = stage(configOf(), trafficOf({ shadowBp: 0, requestTimeoutMs: 1000 }));
    sendTraffic(host, trafficOf({ shadowBp: 0, requestTimeoutMs: given }));
    assert.equal(said(host).inForce.at(-1)?.refused, refused);
    host.request(1, headersOf("u1"));
    assert.equal(timedOut(host, 900), 0);
    assert.equal(timedOut(host, 100), 1);
  });
}
