import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { PredictionKeeper } from "../../sidecar/loop/predictionKeeper.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import { StoreError } from "../../sidecar/ports.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { manualClock } from "../support/clock.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import * as support from "../support/predictions.ts";
import { ROOMY } from "../support/predictions.ts";

const prediction = (id: string) => support.prediction(id, { atMs: 1_800_000_000_000 });
const plan: Plan = {
  ...planWith([errorRate]),
  labels: { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "1" },
};
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Lets one request to the store go on, or fail. */
type Gate = { readonly pass: () => void; readonly fail: (error: Error) => void };

/** A keeper of a store that records what it was given when it is let. */
function keeperOf(planOf?: Plan) {
  const inner = createMemoryPredictions(ROOMY);
  const gates: Gate[] = [];
  const predictions: PredictionStore = {
    recordPredictions: async (given) => {
      const sent = [...given];
      await new Promise<void>((pass, fail) => gates.push({ pass, fail }));
      return await inner.recordPredictions(sent);
    },
    recordLabels: (labels, nowMs) => inner.recordLabels(labels, nowMs),
    takeMatured: (wanted) => inner.takeMatured(wanted),
    expire: (limits) => inner.expire(limits),
    counts: () => inner.counts(),
    close: () => inner.close(),
  };
  const clock = manualClock();
  const metrics = createMetrics();
  const parts = { predictions, clock, random: () => 0.5, log: silent, metrics };
  return { keeper: new PredictionKeeper(parts, () => planOf), gates, clock, inner, metrics };
}

test("what is noted while the store is asked is stored with the next turn", async () => {
  const { keeper, gates, inner } = keeperOf();
  keeper.note([prediction("r1"), prediction("r2")]);
  const first = keeper.turn([]);
  keeper.note([prediction("r3")]);
  gates[0]?.pass();
  await first;
  const second = keeper.turn([]);
  gates[1]?.pass();
  await second;
  assert.equal((await inner.counts()).cases, 3);
});

test("what the store failed to take is stored once it answers again", async () => {
  const { keeper, gates, clock, inner } = keeperOf();
  keeper.note([prediction("r1")]);
  const failing = keeper.turn([]);
  keeper.note([prediction("r2")]);
  gates[0]?.fail(new StoreError("full", "no room"));
  await failing;
  clock.advance(60_000);
  const again = keeper.turn([]);
  gates[1]?.pass();
  await again;
  assert.equal((await inner.counts()).cases, 2);
});

test("while the store does not answer, predictions wait up to a bound; those over it are dropped and counted", async () => {
  const { keeper, gates, clock, inner, metrics } = keeperOf();
  keeper.note(Array.from({ length: 9_999 }, (_, index) => prediction(`r${index}`)));
  keeper.note([prediction("the last"), prediction("one too many"), prediction("two")]);
  const outcomes = async () => (await metrics.predictions.get()).values;
  assert.deepEqual(
    (await outcomes()).map(({ labels, value }) => [labels.outcome, value]),
    [["dropped", 2]],
  );
  const failing = keeper.turn([]);
  keeper.note([prediction("while it is asked")]);
  gates[0]?.fail(new StoreError("unavailable", "no answer"));
  await failing;
  assert.equal((await outcomes())[0]?.value, 3);
  clock.advance(60_000);
  const again = keeper.turn([]);
  gates[1]?.pass();
  await again;
  assert.equal((await inner.counts()).cases, 10_000);
});

test("labels for a store that is full or does not answer are refused with what to do, and none of them counts", async () => {
  for (const [code, why] of [
    ["full", "is full"],
    ["unavailable", "does not answer"],
  ] as const) {
    const { keeper, gates, metrics } = keeperOf(plan);
    keeper.note([prediction("r1")]);
    const recorded = keeper.record([{ rollout: "risk", id: "r1", label: 1 }]);
    gates[0]?.fail(new StoreError(code, "no room"));
    await assert.rejects(recorded, {
      code: "unavailable",
      message: `the prediction store ${why}: send these labels again, which does no harm`,
    });
    const { values } = await metrics.labels.get();
    assert.deepEqual(
      values.filter(({ value }) => value > 0),
      [],
    );
  }
});
