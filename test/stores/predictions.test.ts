import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import fc from "fast-check";
import { RECORDS_MAX, ROLLOUTS_MAX } from "../../sidecar/core/performance/prediction.ts";
import { type PredictionStore, StoreError } from "../../sidecar/ports.ts";
import type { PredictionBounds } from "../../sidecar/stores/predictionBounds.ts";
import { openPredictionStore } from "../../sidecar/stores/predictions.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { label, NO_LABELS, NO_PREDICTIONS, prediction, ROOMY } from "../support/predictions.ts";

const stores: readonly {
  name: string;
  open: (context: TestContext, bounds?: PredictionBounds) => Promise<PredictionStore>;
}[] = [
  { name: "memory", open: async (_, bounds = ROOMY) => createMemoryPredictions(bounds) },
  {
    name: "sqlite",
    open: async (context, bounds = ROOMY) => {
      const folder = mkdtempSync(join(tmpdir(), "understudy-predictions-"));
      const store = await openPredictionStore(join(folder, "predictions.db"), bounds);
      context.after(async () => {
        await store.close();
        rmSync(folder, { recursive: true });
      });
      return store;
    },
  },
];

/** Everything that is mature before a time. */
const due = (beforeMs: number) => ({ rollout: "risk", beforeMs, max: 100 });
const takenIds = async (store: PredictionStore, beforeMs: number) =>
  (await store.takeMatured(due(beforeMs))).map(({ id }) => id);

for (const { name, open } of stores) {
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

const few = { casesMax: 6, labelsMax: 3, bytesMax: ROOMY.bytesMax };
const small = fc.nat(9);
const step = fc.oneof(
  fc.record({
    kind: fc.constant("predict" as const),
    id: small,
    atMs: small,
    variant: fc.constantFrom("primary" as const, "candidate" as const),
    said: fc.constantFrom("yes", "no", 1),
  }),
  fc.record({
    kind: fc.constant("label" as const),
    id: small,
    said: fc.constantFrom("yes", 1),
    nowMs: small,
  }),
  fc.record({ kind: fc.constant("take" as const), beforeMs: small, max: small }),
  fc.record({
    kind: fc.constant("expire" as const),
    casesBeforeMs: small,
    labelsBeforeMs: small,
    max: small,
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

async function perform(store: PredictionStore, does: Step): Promise<unknown> {
  switch (does.kind) {
    case "predict": {
      const { id, atMs, variant, said } = does;
      // Each id has a moment of its own within the one that is drawn, so that their order is certain.
      const given = { atMs: atMs * 10 + id, variant, label: said };
      return await store.recordPredictions([prediction(`r${id}`, given)]);
    }
    case "label":
      return await store.recordLabels([label(`r${does.id}`, does.said)], does.nowMs * 10 + does.id);
    case "take":
      return await store.takeMatured({ ...due(does.beforeMs * 10), max: does.max });
    case "expire":
      return await store.expire({
        casesBeforeMs: does.casesBeforeMs * 10,
        labelsBeforeMs: does.labelsBeforeMs * 10,
        max: does.max,
      });
    default:
      return does satisfies never;
  }
}

test("both stores answer alike to whatever is done, in any order, and hand out no id twice at one age", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-predictions-"));
  context.after(() => rmSync(folder, { recursive: true }));
  let runs = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
      runs += 1;
      const memory = createMemoryPredictions(few);
      const sqlite = await openPredictionStore(join(folder, `${runs}.db`), few);
      for (const does of steps) {
        assert.deepEqual(await perform(sqlite, does), await perform(memory, does));
        const [{ bytes: _, ...ours }, { bytes, ...theirs }] = [
          await sqlite.counts(),
          await memory.counts(),
        ];
        assert.deepEqual(ours, theirs);
      }
      await sqlite.close();
    }),
    { numRuns: 25 },
  );
});
