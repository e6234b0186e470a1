import type { MaturedCase } from "../core/performance/maturity.ts";
import type { Label, Prediction } from "../core/performance/prediction.ts";
import type {
  Expired,
  ExpiryLimits,
  MaturedQuery,
  PredictionCounts,
  RecordedLabels,
  RecordedPredictions,
} from "../ports/predictions.ts";
import type { StoreErrorCode } from "../ports.ts";
import type { PredictionBounds } from "./predictionBounds.ts";

/** What the thread of the predictions is started with. */
export type PredictionsStart = { readonly path: string; readonly bounds: PredictionBounds };

/** An operation that is asked of it. */
export type PredictionsRequest =
  | { readonly kind: "recordPredictions"; readonly predictions: readonly Prediction[] }
  | { readonly kind: "recordLabels"; readonly labels: readonly Label[]; readonly nowMs: number }
  | { readonly kind: "takeMatured"; readonly wanted: MaturedQuery }
  | { readonly kind: "expire"; readonly limits: ExpiryLimits }
  | { readonly kind: "counts" }
  /** Frees the file. The thread ends after its answer. */
  | { readonly kind: "close" };

/** What each operation answers. */
export type PredictionsAnswers = {
  readonly recordPredictions: RecordedPredictions;
  readonly recordLabels: RecordedLabels;
  readonly takeMatured: readonly MaturedCase[];
  readonly expire: Expired;
  readonly counts: PredictionCounts;
  readonly close: undefined;
};

/** Requests are answered in their order, each once. */
export type PredictionsReply =
  | { readonly done: PredictionsAnswers[keyof PredictionsAnswers] }
  | { readonly failed: { readonly code: StoreErrorCode; readonly message: string } };
