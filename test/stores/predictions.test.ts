import assert from "node:assert/strict";
import { test } from "node:test";
import { due, predictionStores, takenIds } from "../support/predictionStores.ts";
import { label, NO_LABELS, NO_PREDICTIONS, prediction } from "../support/predictions.ts";

for (const { name, open } of predictionStores) {
  test(`${name}: a case is handed out whole, once, and not before its time`, async (context) => {
    const store = await open(context);
    const said = { version: "v1", atMs: 1_005, label: 3.5, score: 0.25, slice: "old" };
    const recorded = await store.recordPredictions([
      prediction("r1"),
      prediction("r1", { variant: "primary", ...said }),
    ]);
    assert.deepEqual(recorded, { ...NO_PREDICTIONS, stored: 2 });
    assert.deepEqual(await store.recordLabels([label("r1", 4)], 5), { ...NO_LABELS, joined: 1 });
    assert.deepEqual(await store.takeMatured(due(1_000)), []);
    const candidate = { version: "v2", atMs: 1_000, label: "yes" };
    assert.deepEqual(await store.takeMatured(due(1_001)), [
      { id: "r1", atMs: 1_000, label: 4, predictions: { primary: said, candidate } },
    ]);
    assert.deepEqual(await store.takeMatured(due(1_001)), []);
  });

  test(`${name}: a case without label is handed out without one`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([prediction("r1")]);
    const [taken] = await store.takeMatured(due(2_000));
    assert.deepEqual([taken?.id, taken?.label], ["r1", undefined]);
  });

  test(`${name}: cases are handed out oldest first, no more than asked for, of one rollout`, async (context) => {
    const store = await open(context);
    await store.recordPredictions(
      [5, 3, 9, 1, 7].map((atMs) => prediction(`r${atMs}`, { atMs: atMs * 100 })),
    );
    await store.recordPredictions([prediction("other", { rollout: "other", atMs: 1 })]);
    const take = async () => (await store.takeMatured({ ...due(800), max: 2 })).map(({ id }) => id);
    assert.deepEqual([await take(), await take(), await take()], [["r1", "r3"], ["r5", "r7"], []]);
    assert.deepEqual(await takenIds(store, 1_000), ["r9"]);
    assert.deepEqual(await store.takeMatured({ ...due(1_000), rollout: "nobody" }), []);
  });

  test(`${name}: what is recorded again changes nothing, and another value is a conflict that the first one wins`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([prediction("r1")]);
    const again = await store.recordPredictions([
      prediction("r1"),
      prediction("r1", { atMs: 1_500 }),
      prediction("r1", { label: "no" }),
      prediction("r1", { score: 0.5 }),
    ]);
    assert.deepEqual(again, { ...NO_PREDICTIONS, repeated: 2, conflicting: 2 });
    const labels = await store.recordLabels([label("r1"), label("r1"), label("r1", "no")], 5);
    assert.deepEqual(labels, { ...NO_LABELS, joined: 1, repeated: 1, conflicting: 1 });
    const [taken] = await store.takeMatured(due(2_000));
    assert.deepEqual(
      [taken?.label, taken?.predictions.candidate?.label, taken?.atMs],
      ["yes", "yes", 1_000],
    );
  });

  test(`${name}: one id in two rollouts is two cases`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([prediction("r1"), prediction("r1", { rollout: "other" })]);
    await store.recordLabels([label("r1", "no", "other")], 5);
    assert.equal((await store.takeMatured(due(2_000)))[0]?.label, undefined);
    const other = { ...due(2_000), rollout: "other" };
    assert.equal((await store.takeMatured(other))[0]?.label, "no");
  });

  test(`${name}: a label may come before its prediction`, async (context) => {
    const store = await open(context);
    const early = await store.recordLabels([label("r1"), label("r1"), label("r1", "no")], 5);
    assert.deepEqual(early, { ...NO_LABELS, waiting: 1, repeated: 1, conflicting: 1 });
    assert.equal((await store.counts()).labelsWaiting, 1);
    await store.recordPredictions([prediction("r1")]);
    assert.equal((await store.counts()).labelsWaiting, 0);
    assert.equal((await store.takeMatured(due(2_000)))[0]?.label, "yes");
  });

  test(`${name}: nothing joins a case that was handed out`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([prediction("r1"), prediction("r2", { atMs: 900 })]);
    await store.recordLabels([label("r1")], 5);
    assert.equal((await takenIds(store, 2_000)).length, 2);
    const labels = await store.recordLabels([label("r1"), label("r1", "no"), label("r2")], 5);
    assert.deepEqual(labels, { ...NO_LABELS, repeated: 1, conflicting: 1, late: 1 });
    const predictions = await store.recordPredictions([
      prediction("r1"),
      prediction("r1", { variant: "primary", atMs: 5_000 }),
      prediction("r3", { atMs: 1_000 }),
      prediction("r4", { atMs: 1_001 }),
    ]);
    assert.deepEqual(predictions, { ...NO_PREDICTIONS, repeated: 1, late: 2, stored: 1 });
    assert.deepEqual(await takenIds(store, 2_000), ["r4"]);
  });
}
