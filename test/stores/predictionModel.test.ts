import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import { openPredictionStore } from "../../sidecar/stores/predictions.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { due } from "../support/predictionStores.ts";
import { label, prediction, ROOMY } from "../support/predictions.ts";

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
