import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { type TestContext, test } from "node:test";
import { understudy } from "#proto";
import { type FakeFilter, wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const { DropReason } = understudy.v1;

async function startWithPlan(context: TestContext): Promise<TestSidecar> {
  const sidecar = await startTestSidecar(context);
  await sidecar.client.apply(planText());
  return sidecar;
}

async function connect(sidecar: TestSidecar, source?: string): Promise<FakeFilter> {
  const filter = sidecar.filter(source === undefined ? {} : { source });
  await filter.ready();
  return filter;
}

async function reaches(sidecar: TestSidecar, metric: string, value: number): Promise<void> {
  const what = `${metric} reaches ${value}`;
  await until(async () => (await sidecar.metric(metric)) === value, { deadlineMs: 5_000, what });
}

test("a filter is sent its limits first, then the traffic of each of its rollouts", async (context) => {
  const sidecar = await startWithPlan(context);
  const filter = sidecar.filter({ rollouts: ["other", "test"] });
  await until(() => filter.traffic.get("test"), { deadlineMs: 5_000, what: "traffic comes" });
  assert.equal(filter.limits?.messageBytesMax, 262_144);
  assert.deepEqual([...filter.traffic.keys()], ["test"]);
  assert.deepEqual(filter.traffic.get("test"), {
    generation: 1,
    candidateBp: 0,
    shadowBp: 10_000,
    shadowPrimary: false,
    captureBp: 0,
  });
  const { primaryVersion, candidateVersion, requestTimeoutMs } = filter.given.get("test") ?? {};
  assert.deepEqual([primaryVersion, candidateVersion, requestTimeoutMs], ["v1", "v2", 1_000]);
});

test("a change of traffic reaches every connected filter, and is in force once all have taken it", async (context) => {
  const sidecar = await startWithPlan(context);
  const filters = [await connect(sidecar), await connect(sidecar)];
  await sidecar.client.change("Promote", { name: "test", reason: "because" });
  await until(
    async () => Number((await sidecar.client.get("test")).inForce?.candidateBp) === 10_000,
    { deadlineMs: 5_000, what: "the promotion is in force" },
  );
  assert.deepEqual(
    filters.map((filter) => filter.traffic.get("test")?.candidateBp),
    [10_000, 10_000],
  );
});

test("a filter that has a greater generation than the store never goes back, and a new rollout starts above it", async (context) => {
  const sidecar = await startTestSidecar(context);
  const traffic = { generation: 41, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
  const filter = sidecar.filter({ inForce: [{ rollout: "test", ...traffic }] });
  await filter.ready();
  await sidecar.client.apply(planText());
  await until(() => filter.traffic.get("test"), { deadlineMs: 5_000, what: "traffic comes" });
  assert.deepEqual(filter.generations.get("test"), [42]);
});

test("a batch gives its credit back once it is counted", async (context) => {
  const sidecar = await startWithPlan(context);
  const filter = await connect(sidecar);
  const granted = filter.creditBytes;
  const observations = Array.from({ length: 50 }, () => wireObservation({ shadow: wireAnswer() }));
  await filter.acknowledgedUpTo(filter.observe(observations));
  assert.equal(filter.creditBytes, granted);
  await reaches(sidecar, 'understudy_observations_total{outcome="pair"}', 50);
});

test("case 37: a replayed batch is dropped, a gap is counted, also over streams of one source", async (context) => {
  const sidecar = await startWithPlan(context);
  const source = randomBytes(16).toString("hex");
  const first = await connect(sidecar, source);
  await first.acknowledgedUpTo(first.observe([wireObservation()], { sequence: 1 }));
  first.observe([wireObservation()], { sequence: 1 });
  await first.acknowledgedUpTo(first.observe([wireObservation()], { sequence: 5 }));
  first.close();
  const second = sidecar.filter({ source, nextSequence: 8 });
  await second.ready();
  second.observe([wireObservation()], { sequence: 4 });
  await second.acknowledgedUpTo(second.observe([wireObservation()], { sequence: 8 }));
  await reaches(sidecar, 'understudy_batches_total{outcome="replayed"}', 2);
  assert.equal(await sidecar.metric("understudy_batches_lost_total"), 3 + 2);
  assert.equal(await sidecar.metric('understudy_batches_total{outcome="taken"}'), 3);
});

test("case 38: an observation from the future is no evidence", async (context) => {
  const sidecar = await startWithPlan(context);
  const filter = await connect(sidecar);
  filter.observe([wireObservation({ startUnixMs: Date.now() + 3_600_000 })]);
  await reaches(sidecar, 'understudy_rollout_excluded{rollout="test",reason="future"}', 1);
});

test("what filters went without is counted by reason", async (context) => {
  const sidecar = await startWithPlan(context);
  const filter = await connect(sidecar);
  const drops = [
    { rollout: "test", reason: DropReason.DROP_REASON_SHADOW_RATE, count: 7 },
    { rollout: "test", reason: 99, count: 2 },
  ];
  await filter.acknowledgedUpTo(filter.observe([], { drops }));
  await reaches(sidecar, 'understudy_filter_drops_total{reason="shadow-rate"}', 7);
  await reaches(sidecar, 'understudy_filter_drops_total{reason="unspecified"}', 2);
});

test("observations of a rollout that nobody has applied are counted apart", async (context) => {
  const sidecar = await startTestSidecar(context);
  const filter = await connect(sidecar);
  await filter.acknowledgedUpTo(filter.observe([wireObservation()]));
  await reaches(sidecar, 'understudy_observations_total{outcome="no-rollout"}', 1);
});

test("a newer stream of a source takes the place of the older one", async (context) => {
  const sidecar = await startWithPlan(context);
  const source = randomBytes(16).toString("hex");
  const first = await connect(sidecar, source);
  const second = await connect(sidecar, source);
  assert.match((await first.ended()).details, /another stream/);
  await second.acknowledgedUpTo(second.observe([wireObservation()]));
  assert.equal(await sidecar.metric("understudy_filter_streams"), 1);
});
