import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { fastClock } from "../support/clock.ts";
import { type FakeFilter, wireAnswer, wireObservation } from "../support/fakeFilter.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";

const { Variant, Phase } = understudy.v1;

/** A plan that goes by labels alone, which are due after a minute of the test's fast clock. */
const labelledPlan: string = planText()
  .replace(/ {4}errorRate: .*\n {4}disagreement: .*/, "    accuracy: { tolerance: 5% }")
  .replace(/ {4}- canary.*\n/, "")
  .concat("  compare: { prediction: { label: $.label } }\n  labels: { horizon: 1m }\n");

async function started(context: TestContext, speed = 600): Promise<[TestSidecar, FakeFilter]> {
  const sidecar = await startTestSidecar(context, { clock: fastClock(speed) });
  const filter = sidecar.filter();
  await filter.ready();
  await sidecar.client.apply(labelledPlan);
  return [sidecar, filter];
}

function said(label: unknown): understudy.v1.Answer.$Properties {
  const body = Buffer.from(JSON.stringify({ label }));
  return wireAnswer({ body, bodyBytes: body.length });
}

/** Shadowed requests of which the primary is always right, and the candidate is wrong in every `wrongEvery`-th; with their labels. */
function pairs(
  sidecar: TestSidecar,
  count: number,
  wrongEvery: number,
): {
  readonly observations: understudy.v1.Observation.$Properties[];
  readonly labels: understudy.v1.Label.$Properties[];
} {
  const observations = Array.from({ length: count }, (_, index) =>
    wireObservation({
      startUnixMs: Math.round(sidecar.clock.wallMs()),
      served: Variant.VARIANT_PRIMARY,
      answer: said(1),
      shadow: said(index % wrongEvery === 0 ? 0 : 1),
    }),
  );
  const labels = observations.map(({ requestId }) => ({
    rollout: "test",
    id: requestId ?? "",
    number: 1,
  }));
  return { observations, labels };
}

async function ended(sidecar: TestSidecar, filter: FakeFilter, wrongEvery: number) {
  return await until(
    async () => {
      const { observations, labels } = pairs(sidecar, 100, wrongEvery);
      await filter.acknowledgedUpTo(filter.observe(observations));
      await sidecar.client.labels(labels);
      const rollout = await sidecar.client.get("test");
      return rollout.phase !== Phase.PHASE_PROGRESSING && rollout;
    },
    { deadlineMs: 20_000, what: "the rollout ends by its labels" },
  );
}

test("a candidate that late labels show to be as accurate is promoted", async (context) => {
  const [sidecar, filter] = await started(context);
  const rollout = await ended(sidecar, filter, 100);
  assert.equal(rollout.phase, Phase.PHASE_PROMOTED);
  assert.match(rollout.reason, /^accuracy: .* labelled candidate predictions are right/);
});

test("a candidate that late labels show to be less accurate is rolled back", async (context) => {
  const [sidecar, filter] = await started(context);
  const rollout = await ended(sidecar, filter, 4);
  assert.equal(rollout.phase, Phase.PHASE_ROLLED_BACK);
  assert.match(rollout.reason, /^accuracy: .*; more than 5% less accurate$/);
});

test("without labels nothing is decided, and the verdict says why", async (context) => {
  const [sidecar, filter] = await started(context);
  const verdict = await until(
    async () => {
      const { observations } = pairs(sidecar, 100, 2);
      await filter.acknowledgedUpTo(filter.observe(observations));
      const { verdict } = await sidecar.client.get("test");
      return verdict?.reasons?.[0]?.includes("labels for 0%") && verdict;
    },
    { deadlineMs: 20_000, what: "predictions come of age without labels" },
  );
  assert.equal(verdict.judgement, understudy.v1.Judgement.JUDGEMENT_INCONCLUSIVE);
});

test("labels say what became of them, whichever comes first, and twice is once", async (context) => {
  const [sidecar, filter] = await started(context, 1);
  const { observations, labels } = pairs(sidecar, 3, 2);
  const [first, ...others] = labels;
  assert(first !== undefined);
  const early = await sidecar.client.labels([first]);
  assert.equal(Number(early.waiting), 1);
  await filter.acknowledgedUpTo(filter.observe(observations));
  const stored = async () =>
    (await sidecar.metric('understudy_predictions_total{outcome="stored"}')) === 6;
  await until(stored, { deadlineMs: 5_000, what: "six predictions are stored" });
  const next = await sidecar.client.labels([first, ...others, { ...first, number: 0 }]);
  const { joined, repeated, conflicting } = next;
  assert.deepEqual([joined, repeated, conflicting].map(Number), [2, 1, 1]);
});

test("labels that can't be taken are named by their place, and the others are taken", async (context) => {
  const [sidecar] = await started(context);
  const recorded = await sidecar.client.labels([
    { rollout: "other", id: "a", number: 1 },
    { rollout: "test", id: "b", number: 1 },
    { rollout: "test", id: "", number: 1 },
    { rollout: "test", id: "c" },
    { rollout: "test", id: "d", text: "x".repeat(300) },
  ]);
  assert.deepEqual([Number(recorded.waiting), Number(recorded.refused)], [1, 4]);
  assert.deepEqual(
    recorded.problems.map(({ index, problem }) => [index, problem]),
    [
      [0, "rollout: other: the name of a rollout whose plan has labels"],
      [2, "id: 0 characters: 1 to 128"],
      [3, "label: NaN: a finite number"],
      [4, "label: 300 characters: 1 to 256"],
    ],
  );
});

test("more labels than a call takes are refused, and none of them is recorded", async (context) => {
  const [sidecar] = await started(context);
  const many = Array.from({ length: 10_001 }, (_, id) => ({ rollout: "test", id: `${id}` }));
  const isInvalid = { code: status.INVALID_ARGUMENT };
  await assert.rejects(sidecar.client.labels(many.slice(0, 10_001)), isInvalid);
  assert.equal(await sidecar.metric('understudy_labels_total{outcome="refused"}'), 0);
});

const url = (sidecar: TestSidecar): string => `http://${sidecar.http}/v1/labels`;

async function post(
  sidecar: TestSidecar,
  body: string,
  type = "application/json",
): Promise<[number, Record<string, unknown>]> {
  const headers = { "content-type": type };
  const response = await fetch(url(sidecar), { method: "POST", body, headers });
  return [response.status, await response.json()];
}

test("labels come as JSON and as JSON Lines over HTTP, with places from 0", async (context) => {
  const [sidecar] = await started(context);
  const label = { rollout: "test", id: "a", label: true };
  const [, wrapped] = await post(sidecar, JSON.stringify({ labels: [label, { ...label, id: 7 }] }));
  assert.deepEqual([wrapped.waiting, wrapped.refused], [2, 0]);
  const [, bare] = await post(sidecar, JSON.stringify([label, null]));
  assert.deepEqual([bare.repeated, bare.refused], [1, 1]);
  const lines = `${JSON.stringify(label)}\n\n${JSON.stringify({ ...label, id: "b", label: 2 })}\n`;
  const [code, parsed] = await post(sidecar, lines, "application/x-ndjson; charset=utf-8");
  assert.deepEqual([code, parsed.repeated, parsed.waiting], [200, 1, 1]);
});

test("what is not labels is a problem with its reason, and changes nothing", async (context) => {
  const [sidecar] = await started(context);
  const statuses = [
    await post(sidecar, "{"),
    await post(sidecar, '{"labels": {}}'),
    await post(sidecar, "{}\n{\n", "application/jsonl"),
    await post(sidecar, "a,b", "text/csv"),
    await post(sidecar, " ".repeat((4 << 20) + 1)),
    await post(sidecar, JSON.stringify(Array.from({ length: 10_001 }, () => ({})))),
  ];
  assert.deepEqual(
    statuses.map(([code]) => code),
    [400, 400, 400, 415, 413, 400],
  );
  assert.match(`${statuses[1]?.[1].detail}`, /^labels: not a list/);
  assert.match(`${statuses[2]?.[1].detail}`, /^line 2: not JSON/);
  assert.equal((await fetch(url(sidecar))).status, 405);
  const { verdict } = await sidecar.client.get("test");
  assert.equal(verdict?.judgement, understudy.v1.Judgement.JUDGEMENT_INCONCLUSIVE);
});
