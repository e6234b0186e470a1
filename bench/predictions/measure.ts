import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import { openPredictionStore } from "../../sidecar/stores/predictions.ts";
import { quantile } from "../stats.ts";
import { FIRST_MS, fillPredictions } from "./fill.ts";

// A process of its own: what labels and expiry cost in a store of many predictions, as JSON. Argument: how many predictions.

const LABELS = 5_000;
const WARM_LABELS = 500;
const BATCHES = 5;
const BATCH = 1_000;
const EXPIRED = 100_000;
const EXPIRED_AT_ONCE = 500;

/** What was measured. Times in milliseconds. */
export type LabelFigures = {
  readonly predictions: number;
  /** Of the file. */
  readonly bytes: number;
  /** Of this process after it. */
  readonly residentBytes: number;
  /** From asking for one label to be joined to knowing that it was, one after the other. */
  readonly join: Spread;
  /** Labels of one call of a thousand, for each. */
  readonly joinInBatchMs: number;
  /** Predictions recorded in calls of a thousand, for each. */
  readonly recordInBatchMs: number;
  /** Of each slice of expiry. */
  readonly expiry: Spread;
  /** The longest that the loop of the thread which asks stood still while predictions were recorded, labels joined and predictions expired. */
  readonly stallMs: number;
};

/** Times of one kind, in milliseconds. */
export type Spread = { readonly p50: number; readonly p99: number; readonly longest: number };

const count = Number(process.argv[2]);
const bounds = { casesMax: 2 * count, labelsMax: 1_000, bytesMax: 2 ** 34 };
const folder = mkdtempSync(join(tmpdir(), "understudy-bench-"));
try {
  const path = join(folder, "predictions.db");
  const ids = fillPredictions(path, bounds, {
    count,
    picked: WARM_LABELS + LABELS + BATCHES * BATCH,
  });
  const { size: bytes } = statSync(path);
  const store = await openPredictionStore(path, bounds);
  const figures = await measure(store, shuffled(ids));
  await store.close();
  const all: LabelFigures = {
    predictions: count,
    bytes,
    residentBytes: process.memoryUsage.rss(),
    ...figures,
  };
  process.stdout.write(JSON.stringify(all));
} finally {
  rmSync(folder, { recursive: true });
}

async function measure(
  store: PredictionStore,
  ids: readonly string[],
): Promise<Omit<LabelFigures, "predictions" | "bytes" | "residentBytes">> {
  const labels = ids.map((id) => ({ rollout: "bench", id, label: "yes" }));
  const one = (place: number) => store.recordLabels(labels.slice(place, place + 1), FIRST_MS);
  await timesOf(WARM_LABELS, one);
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const join = await timesOf(LABELS, (place) => one(WARM_LABELS + place));
  const batches = await timesOf(BATCHES, (place) => {
    const first = WARM_LABELS + LABELS + place * BATCH;
    return store.recordLabels(labels.slice(first, first + BATCH), FIRST_MS);
  });
  const recorded = await timesOf(BATCHES, (place) =>
    store.recordPredictions(newPredictions(place)),
  );
  const expiry = await timesOf(EXPIRED / EXPIRED_AT_ONCE, () =>
    store.expire({
      casesBeforeMs: FIRST_MS + EXPIRED,
      labelsBeforeMs: 0,
      max: EXPIRED_AT_ONCE,
    }),
  );
  delay.disable();
  return {
    join: spreadOf(join),
    joinInBatchMs: quantile(batches, 0.5) / BATCH,
    recordInBatchMs: quantile(recorded, 0.5) / BATCH,
    expiry: spreadOf(expiry),
    stallMs: delay.max / 1e6,
  };
}

/** How long each of some operations took, one after the other. */
async function timesOf(
  times: number,
  work: (place: number) => Promise<unknown>,
): Promise<number[]> {
  const taken: number[] = [];
  for (let place = 0; place < times; place += 1) {
    const startMs = performance.now();
    await work(place);
    taken.push(performance.now() - startMs);
  }
  return taken;
}

function newPredictions(batch: number) {
  return Array.from({ length: BATCH }, (_, place) => ({
    rollout: "bench",
    id: crypto.randomUUID(),
    variant: "candidate" as const,
    version: "v2",
    atMs: FIRST_MS + count + batch * BATCH + place,
    label: "yes",
    score: 0.123456,
  }));
}

function spreadOf(times: readonly number[]): Spread {
  return { p50: quantile(times, 0.5), p99: quantile(times, 0.99), longest: Math.max(...times) };
}

/** In another order, the same in each run: neighbours in an index would be found faster. */
function shuffled(ids: readonly string[]): readonly string[] {
  const prime = 7_919;
  return ids.map((_, place) => ids[(place * prime) % ids.length] ?? "");
}
