import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { FIRST_MS, fillPredictions } from "../../bench/predictions/fill.ts";
import { openPredictionStore } from "../../sidecar/stores/predictions.ts";

test("the store that is measured is one that the sidecar could have filled", async (context) => {
  const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
  context.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "predictions.db");
  const bounds = { casesMax: 10_000, labelsMax: 10, bytesMax: 2 ** 30 };
  const ids = fillPredictions(path, bounds, { count: 2_000, picked: 50 });
  assert.equal(new Set(ids).size, 50);
  const store = await openPredictionStore(path, bounds);
  const labels = ids.map((id) => ({ rollout: "bench", id, label: "no" }));
  assert.equal((await store.recordLabels(labels, FIRST_MS)).joined, 50);
  assert.equal((await store.counts()).cases, 2_000);
  const prediction = {
    rollout: "bench",
    id: ids[0] ?? "",
    variant: "candidate" as const,
    version: "v2",
    atMs: FIRST_MS,
    label: "yes",
    score: 0.123456,
  };
  assert.equal((await store.recordPredictions([prediction])).repeated, 1);
  const taken = await store.takeMatured({ rollout: "bench", beforeMs: FIRST_MS + 1, max: 10 });
  assert.deepEqual(taken[0]?.predictions.candidate, {
    version: "v2",
    atMs: FIRST_MS,
    label: "yes",
    score: 0.123456,
  });
  await store.close();
});
