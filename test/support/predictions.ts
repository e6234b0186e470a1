import type { Label, Prediction } from "../../sidecar/core/performance/prediction.ts";
import type { RecordedLabels, RecordedPredictions } from "../../sidecar/ports/predictions.ts";
import type { PredictionBounds } from "../../sidecar/stores/predictionBounds.ts";

/** Bounds that no test reaches by accident. */
export const ROOMY: PredictionBounds = {
  casesMax: 10_000,
  labelsMax: 1_000,
  bytesMax: 64 * 2 ** 20,
};

/** The candidate's prediction for a request that began at 1,000 ms, unless said otherwise. */
export function prediction(id: string, other: Partial<Prediction> = {}): Prediction {
  const sound = { rollout: "risk", variant: "candidate", version: "v2", atMs: 1_000, label: "yes" };
  return { ...sound, variant: "candidate", id, ...other };
}

/** What was true of a request of the same rollout. */
export function label(id: string, value: string | number = "yes", rollout = "risk"): Label {
  return { rollout, id, label: value };
}

/** Nothing became of anything. */
export const NO_PREDICTIONS: RecordedPredictions = {
  stored: 0,
  repeated: 0,
  conflicting: 0,
  late: 0,
  refused: 0,
  lost: 0,
  problems: [],
};
/** Likewise for labels. */
export const NO_LABELS: RecordedLabels = {
  joined: 0,
  waiting: 0,
  repeated: 0,
  conflicting: 0,
  late: 0,
  refused: 0,
  problems: [],
};
