import assert from "node:assert/strict";
import { test } from "node:test";
import { PredictionKeeper } from "../../sidecar/loop/predictionKeeper.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import { StoreError } from "../../sidecar/ports.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { manualClock } from "../support/clock.ts";
import * as support from "../support/predictions.ts";
import { ROOMY } from "../support/predictions.ts";

const prediction = (id: string) => support.prediction(id, { atMs: 1_800_000_000_000 });
const silent = { info: () => {}, warn: () => {}, error: () => {} };

/** Lets one request to the store go on, or fail. */
type Gate = { readonly pass: () => void; readonly fail: (error: Error) => void };

/** A keeper of a store that records what it was given when it is let. */
function keeperOf() {
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
  const parts = { predictions, clock, random: () => 0.5, log: silent, metrics: createMetrics() };
  return { keeper: new PredictionKeeper(parts, () => undefined), gates, clock, inner };
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
