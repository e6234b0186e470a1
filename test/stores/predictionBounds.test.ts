import assert from "node:assert/strict";
import { test } from "node:test";
import { RECORDS_MAX, ROLLOUTS_MAX } from "../../sidecar/core/performance/prediction.ts";
import { StoreError } from "../../sidecar/ports.ts";
import { due, predictionStores, takenIds } from "../support/predictionStores.ts";
import { label, NO_LABELS, NO_PREDICTIONS, prediction, ROOMY } from "../support/predictions.ts";

for (const { name, open } of predictionStores) {
  test(`${name}: what expired never comes back, whatever is sent again`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([prediction("r1"), prediction("r2", { atMs: 1_100 })]);
    await store.recordLabels([label("unknown")], 50);
    await takenIds(store, 1_050);
    const limits = { casesBeforeMs: 2_000, labelsBeforeMs: 51, max: 10 };
    assert.deepEqual(await store.expire(limits), { cases: 2, lost: 1, unmatched: 1, more: false });
    assert.deepEqual(await store.expire(limits), { cases: 0, lost: 0, unmatched: 0, more: false });
    const again = await store.recordPredictions([prediction("r1")]);
    assert.deepEqual(again, { ...NO_PREDICTIONS, late: 1 });
    assert.deepEqual(await takenIds(store, 9_000), []);
    const { cases, labelsWaiting } = await store.counts();
    assert.deepEqual([cases, labelsWaiting], [0, 0]);
  });

  test(`${name}: expiry goes in slices, oldest first, and leaves what is young`, async (context) => {
    const store = await open(context);
    await store.recordPredictions([3, 1, 2, 4, 5].map((atMs) => prediction(`r${atMs}`, { atMs })));
    await store.recordLabels([label("a"), label("b")], 7);
    const limits = { casesBeforeMs: 5, labelsBeforeMs: 7, max: 3 };
    assert.deepEqual(await store.expire(limits), { cases: 3, lost: 3, unmatched: 0, more: true });
    assert.deepEqual(await store.expire(limits), { cases: 1, lost: 1, unmatched: 0, more: false });
    assert.deepEqual(await takenIds(store, 9), ["r5"]);
    assert.equal((await store.counts()).labelsWaiting, 2);
  });

  test(`${name}: at its bound the oldest cases go, counted when they were never handed out`, async (context) => {
    const store = await open(context, { ...ROOMY, casesMax: 3 });
    await store.recordPredictions([1, 2, 3].map((atMs) => prediction(`r${atMs}`, { atMs })));
    assert.deepEqual(await takenIds(store, 2), ["r1"]);
    const more = await store.recordPredictions(
      [4, 5].map((atMs) => prediction(`r${atMs}`, { atMs })),
    );
    assert.deepEqual(more, { ...NO_PREDICTIONS, stored: 2, lost: 1 });
    assert.equal((await store.counts()).cases, 3);
    assert.deepEqual(await takenIds(store, 9), ["r3", "r4", "r5"]);
  });

  test(`${name}: only so many labels wait, and more are refused by name`, async (context) => {
    const store = await open(context, { ...ROOMY, labelsMax: 2 });
    await store.recordPredictions([prediction("known")]);
    const recorded = await store.recordLabels(
      ["a", "b", "c", "known"].map((id) => label(id)),
      5,
    );
    assert.deepEqual(recorded, {
      ...NO_LABELS,
      waiting: 2,
      joined: 1,
      refused: 1,
      problems: [{ index: 2, problem: "id: one without prediction: at most 2 labels wait" }],
    });
  });

  test(`${name}: only so many rollouts are told apart`, async (context) => {
    const store = await open(context);
    const named = Array.from({ length: ROLLOUTS_MAX }, (_, place) =>
      prediction("r1", { rollout: `n${place}` }),
    );
    assert.equal((await store.recordPredictions(named)).stored, ROLLOUTS_MAX);
    const { refused, problems } = await store.recordPredictions([prediction("r1")]);
    assert.deepEqual([refused, problems.length], [1, 1]);
    assert.equal((await store.recordLabels([label("r1")], 5)).refused, 1);
    assert.equal((await store.recordLabels([label("r1", "no", "n5")], 5)).joined, 1);
  });

  test(`${name}: what is bad is told by its place and left out, and the rest is stored`, async (context) => {
    const store = await open(context);
    const megabyte = "x".repeat(1 << 20);
    const recorded = await store.recordPredictions([
      prediction(megabyte),
      prediction("r1", { score: Number.NaN }),
      prediction("r2"),
      prediction("r3", { atMs: Number.NaN }),
    ]);
    assert.deepEqual([recorded.stored, recorded.refused], [2, 2]);
    assert.deepEqual(
      recorded.problems.map(({ index, problem }) => [index, problem.split(":", 1)[0]]),
      [
        [0, "id"],
        [1, "score"],
        [3, "atMs"],
      ],
    );
    const labels = await store.recordLabels([label("r1", megabyte), label("r2")], 5);
    assert.deepEqual([labels.refused, labels.joined], [1, 1]);
    const taken = await store.takeMatured(due(2_000));
    assert.deepEqual(
      taken.map(({ id, predictions }) => [id, predictions.candidate?.score]),
      [
        ["r1", undefined],
        ["r2", undefined],
      ],
    );
    const many = Array.from({ length: 50 }, () => label(""));
    const { refused, problems } = await store.recordLabels(many, 5);
    assert.deepEqual([refused, problems.length], [50, 20]);
  });

  test(`${name}: a call takes as much as allowed, and no more`, async (context) => {
    const store = await open(context, { ...ROOMY, casesMax: RECORDS_MAX });
    const many = Array.from({ length: RECORDS_MAX }, (_, place) => prediction(`r${place}`));
    assert.equal((await store.recordPredictions(many)).stored, RECORDS_MAX);
    await assert.rejects(store.recordPredictions([...many, prediction("r")]), /too many/);
  });

  test(`${name}: a closed store refuses with the code "unavailable"`, async (context) => {
    const store = await open(context);
    await store.close();
    await store.close();
    const isUnavailable = (error: unknown) =>
      error instanceof StoreError && error.code === "unavailable";
    await assert.rejects(store.recordPredictions([]), isUnavailable);
    await assert.rejects(store.recordLabels([], 5), isUnavailable);
    await assert.rejects(store.takeMatured(due(5)), isUnavailable);
    await assert.rejects(store.counts(), isUnavailable);
  });
}
