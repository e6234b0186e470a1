import { ROLLOUTS_MAX } from "../core/performance/prediction.ts";

/** How much a prediction store may hold. */
export type PredictionBounds = {
  /** Requests with predictions. Beyond them the oldest go. */
  readonly casesMax: number;
  /** Labels that wait for their prediction. Beyond them more are refused. */
  readonly labelsMax: number;
  /** Of the database file, without its log of at most a few MiB more; where there is a file. */
  readonly bytesMax: number;
};

/** Room for 10,000,000 cases of usual size, which take about 2 GiB. */
export const PREDICTION_BOUNDS: PredictionBounds = {
  casesMax: 10_000_000,
  labelsMax: 1_000_000,
  bytesMax: 4 * 2 ** 30,
};

/** Why something with a sound form is refused. */
export type Refusal = { readonly refusedFor: string };

/** There is no place for another rollout's name. */
export const REFUSED_ROLLOUT: Refusal = {
  refusedFor: `rollout: another name: at most ${ROLLOUTS_MAX}`,
};

/** There is no place for another label without prediction. */
export function refusedLabel({ labelsMax }: PredictionBounds): Refusal {
  return { refusedFor: `id: one without prediction: at most ${labelsMax} labels wait` };
}
