import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { type WireObservation, wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { planText, startTestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const { Variant } = understudy.v1;

const refused: readonly { name: string; given: WireObservation; reason: string }[] = [
  { name: "an unknown rollout", given: { rollout: 7 }, reason: "rollout" },
  { name: "no variant", given: { served: Variant.VARIANT_UNSPECIFIED }, reason: "served" },
  { name: "an unknown variant", given: { served: 99 as understudy.v1.Variant }, reason: "served" },
  { name: "no answer", given: { answer: null }, reason: "answer" },
  { name: "status 42", given: { answer: wireAnswer({ status: 42 }) }, reason: "status" },
  { name: "status 600", given: { shadow: wireAnswer({ status: 600 }) }, reason: "status" },
  { name: "an answer of nothing", given: { answer: wireAnswer({ status: 0 }) }, reason: "status" },
  {
    name: "an unknown failure",
    given: { answer: wireAnswer({ failure: 9 as understudy.v1.Failure }) },
    reason: "failure",
  },
  {
    name: "a latency of a year",
    given: { answer: wireAnswer({ latencyUs: 3e13 }) },
    reason: "latency",
  },
  {
    name: "a negative latency, which is an enormous one on the wire",
    given: { answer: wireAnswer({ latencyUs: -1 }) },
    reason: "latency",
  },
  { name: "no time", given: { startUnixMs: 0 }, reason: "time" },
  { name: "a negative time", given: { startUnixMs: -1 }, reason: "time" },
  { name: "a path of 2,000 characters", given: { path: "/".repeat(2_000) }, reason: "length" },
  {
    name: "less body than was captured",
    given: { answer: wireAnswer({ bodyBytes: 1 }) },
    reason: "length",
  },
];

for (const { name, given, reason } of refused) {
  test(`case 38: an observation with ${name} is counted and passed by`, async (context) => {
    const sidecar = await startTestSidecar(context);
    await sidecar.client.apply(planText());
    const filter = sidecar.filter();
    await filter.ready();
    const batch = [wireObservation(), wireObservation(given), wireObservation()];
    await filter.acknowledgedUpTo(filter.observe(batch));
    const single = 'understudy_observations_total{outcome="single"}';
    await until(async () => (await sidecar.metric(single)) === 2, {
      deadlineMs: 5_000,
      what: "the two good observations are counted",
    });
    const metric = `understudy_observations_refused_total{reason="${reason}"}`;
    assert.equal(await sidecar.metric(metric), 1);
    assert.equal(filter.closed, undefined);
  });
}

const hellos: readonly { name: string; given: object; expected: RegExp }[] = [
  { name: "another protocol", given: { protocolVersion: 2 }, expected: /protocol_version: 2/ },
  { name: "a malformed source", given: { source: "../../etc/passwd" }, expected: /source/ },
  { name: "65 rollouts", given: { rollouts: range(65) }, expected: /rollouts: 65 names/ },
  { name: "a rollout twice", given: { rollouts: ["a", "a"] }, expected: /twice/ },
  { name: "an empty name", given: { rollouts: [""] }, expected: /empty/ },
  { name: "a name of 300 characters", given: { rollouts: ["a".repeat(300)] }, expected: /longer/ },
  { name: "sequence 0", given: { nextSequence: 0 }, expected: /next_sequence/ },
];

function range(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `rollout-${index}`);
}

for (const { name, given, expected } of hellos) {
  test(`a hello with ${name} is refused, and told why`, async (context) => {
    const sidecar = await startTestSidecar(context);
    const { code, details } = await sidecar.filter(given).ended();
    assert.equal(code, status.INVALID_ARGUMENT);
    assert.match(details, expected);
  });
}

test("a batch before any hello, and a second hello, end the stream", async (context) => {
  const sidecar = await startTestSidecar(context);
  const rude = sidecar.filter({ silent: true });
  rude.observe([wireObservation()]);
  assert.match((await rude.ended()).details, /no Hello/);
  const twice = sidecar.filter();
  await twice.ready();
  twice.say({ hello: twice.hello() });
  assert.match((await twice.ended()).details, /second hello/);
});

test("a filter that says nothing is let go", async (context) => {
  const sidecar = await startTestSidecar(context, { limits: { messageMs: 100 } });
  const { details } = await sidecar.filter({ silent: true }).ended();
  assert.match(details, /none came in time/);
});
