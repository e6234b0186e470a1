import type { Journal } from "../ports/journal.ts";
import type { PredictionStore } from "../ports/predictions.ts";
import type { Store } from "../ports.ts";
import { createMemoryStore } from "./memory.ts";
import { PREDICTION_BOUNDS, type PredictionBounds } from "./predictionBounds.ts";
import { openPredictionStore } from "./predictions.ts";
import { createMemoryPredictions } from "./predictionsMemory.ts";
import { openSqliteStore } from "./sqlite.ts";

/** Where things are kept. */
export type Stores = {
  readonly store: Store & Journal;
  readonly predictions: PredictionStore;
  close(): Promise<void>;
};

/** What is kept in memory only is for trying out. */
const MEMORY_BOUNDS: PredictionBounds = {
  ...PREDICTION_BOUNDS,
  casesMax: 100_000,
  labelsMax: 100_000,
};

/** Opens the stores beside a file, or in memory. Rejects with StoreError. */
export async function openStores(storePath: string | undefined): Promise<Stores> {
  const store = storePath === undefined ? createMemoryStore() : openSqliteStore(storePath);
  const predictions =
    storePath === undefined
      ? createMemoryPredictions(MEMORY_BOUNDS)
      : await openPredictionStore(`${storePath}.predictions`, PREDICTION_BOUNDS);
  return {
    store,
    predictions,
    close: async () => {
      await store.close();
      await predictions.close();
    },
  };
}
