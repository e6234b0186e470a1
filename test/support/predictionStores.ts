import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { MaturedQuery, PredictionStore } from "../../sidecar/ports/predictions.ts";
import type { PredictionBounds } from "../../sidecar/stores/predictionBounds.ts";
import { openPredictionStore } from "../../sidecar/stores/predictions.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { ROOMY } from "./predictions.ts";

/** Every store of predictions; what one opens is gone after the test. */
export const predictionStores: readonly {
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

/** Everything of the usual rollout that is mature before a time. */
export function due(beforeMs: number): MaturedQuery {
  return { rollout: "risk", beforeMs, max: 100 };
}

/** Takes it, and gives the ids. */
export async function takenIds(
  store: PredictionStore,
  beforeMs: number,
): Promise<readonly string[]> {
  return (await store.takeMatured(due(beforeMs))).map(({ id }) => id);
}
