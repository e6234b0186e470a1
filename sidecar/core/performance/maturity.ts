import type { Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import type { LabelValue, Prediction } from "./prediction.ts";

/** A request whose predictions are as old as the label horizon, handed out once. */
export type MaturedCase = {
  readonly id: string;
  /** When the first of its predictions that was recorded began, Unix time. */
  readonly atMs: number;
  /** What was true; undefined when that did not come in time. */
  readonly label: LabelValue | undefined;
  /** What each variant said, if it was asked. */
  readonly predictions: Readonly<Partial<Record<Variant, CasePrediction>>>;
};

/** A prediction without what its case says already. */
export type CasePrediction = Omit<Prediction, "rollout" | "id" | "variant">;

/**
 * Which predictions are mature: those that began before the returned time, Unix time. A prediction enters the metrics only at the age of the
 * horizon, whenever its label came: labels that come early belong to other requests than labels that come late, so counting what has arrived
 * so far would say something about the former alone.
 */
export function maturedBeforeMs(nowMs: number, horizonMs: number): number {
  return nowMs - horizonMs;
}

/** An answer that comes at the last moment is told of a little later, and its pair too. */
const SETTLED_MS = 1_000;

/** The age at which a plan's predictions count: its horizon, but not before all that can be known of their requests is. */
export function maturityAgeMs({
  labels,
  requestTimeoutMs,
}: Pick<Plan, "labels" | "requestTimeoutMs">): number {
  return Math.max(labels?.horizonMs ?? 0, requestTimeoutMs + SETTLED_MS);
}

/** What a prediction without a label counts as at its horizon: nothing but missing, or one whose label is not `positive`. */
export type MissingLabels = { readonly missing: "exclude" | "negative"; readonly positive: string };

/** The class that a prediction is compared with; undefined when it counts for nothing. Numbers are classes by their digits. */
export function truthOf(
  { label, predicted }: { readonly label: LabelValue | undefined; readonly predicted: LabelValue },
  { missing, positive }: MissingLabels,
): string | undefined {
  if (label !== undefined) {
    return String(label);
  }
  if (missing === "exclude") {
    return undefined;
  }
  // All that is known of the truth is that it isn't `positive`, so every other prediction is taken for right.
  return String(predicted) === positive ? `not ${positive}` : String(predicted);
}
