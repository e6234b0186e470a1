import {
  type Checked,
  checkLabel,
  checkPrediction,
  type InputProblem,
  type Label,
  PROBLEMS_MAX,
  type Prediction,
} from "../core/performance/prediction.ts";
import type { RecordedLabels, RecordedPredictions } from "../ports/predictions.ts";
import type { Refusal } from "./predictionBounds.ts";

/** What can become of one prediction. */
export type PredictionOutcome = "stored" | "repeated" | "conflicting" | "late" | "refused";
/** What can become of one label. */
export type LabelOutcome = "joined" | "waiting" | "repeated" | "conflicting" | "late" | "refused";

/** What records one item, as it can be stored, and says what became of it. */
type Recorder<T, Outcome> = (item: T) => Outcome | Refusal;

/** Records predictions one by one. `lost` is for the caller to say. */
export function recordEachPrediction(
  predictions: readonly Prediction[],
  record: Recorder<Prediction, PredictionOutcome>,
): Omit<RecordedPredictions, "lost"> {
  const counts = { stored: 0, repeated: 0, conflicting: 0, late: 0, refused: 0 };
  return { ...counts, ...recordEach(predictions, { counts, check: checkPrediction, record }) };
}

/** Records labels one by one. */
export function recordEachLabel(
  labels: readonly Label[],
  record: Recorder<Label, LabelOutcome>,
): RecordedLabels {
  const counts = { joined: 0, waiting: 0, repeated: 0, conflicting: 0, late: 0, refused: 0 };
  return { ...counts, ...recordEach(labels, { counts, check: checkLabel, record }) };
}

function recordEach<T, Outcome extends string>(
  items: readonly T[],
  by: {
    readonly counts: Record<Outcome | "refused", number>;
    readonly check: (item: T) => Checked<T>;
    readonly record: Recorder<T, Outcome>;
  },
): Record<Outcome | "refused", number> & { problems: readonly InputProblem[] } {
  const problems: InputProblem[] = [];
  const tell = (index: number, problem: string) => {
    if (problems.length < PROBLEMS_MAX) {
      problems.push({ index, problem });
    }
  };
  for (const [index, item] of items.entries()) {
    const checked = by.check(item);
    for (const problem of checked.problems) {
      tell(index, problem);
    }
    const outcome = checked.value === undefined ? "refused" : by.record(checked.value);
    if (typeof outcome === "string") {
      by.counts[outcome] += 1;
    } else {
      by.counts.refused += 1;
      tell(index, outcome.refusedFor);
    }
  }
  return { ...by.counts, problems };
}
