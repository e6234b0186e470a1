import type { Comparison } from "../core/compare/comparison.ts";
import { compileRules } from "../core/compare/rules.ts";
import type { Observation } from "../core/observation.ts";
import type { Prediction } from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Row } from "../core/watch/driftWatch.ts";
import { comparePair } from "../decode/comparePair.ts";
import { predictionReader, readRequest } from "../decode/predictions.ts";
import { rowReader } from "../decode/rows.ts";
import type { Metrics } from "../metrics.ts";

/** What an observation's bodies hold, as far as the rollout's plan asks for it. */
export type Examined = {
  /** Of its two answers; undefined when it has one only. */
  readonly comparison: Comparison | undefined;
  /** What its answers predict, for labels that come later. */
  readonly predictions: readonly Prediction[];
  /** What of it is watched for drift; undefined when nothing is. */
  readonly row: Row | undefined;
};

/** Looks into an observation, by the plan it was made with. */
export type Examiner = (observation: Observation) => Examined;
/** Makes a rollout's examiner, once. */
export type MakeExaminer = (plan: Plan) => Examiner;

const NO_PREDICTIONS: readonly Prediction[] = [];

/** Makes examiners that count what they can't read, by the variant that sent it and the reason. */
export function examinersCounting({ undecodable }: Pick<Metrics, "undecodable">): MakeExaminer {
  return (plan) => {
    const keepsPredictions = plan.labels !== undefined || plan.drift !== undefined;
    const rules = compileRules(plan.compare, undefined, { keepsPredictions });
    const predictionsIn = predictionReader(plan, rules);
    const rowIn = rowReader(plan, rules);
    return (observation) => {
      const comparison = comparePair(observation, rules);
      for (const { variant, reason } of comparison?.undecodable ?? []) {
        undecodable.inc({ variant, reason });
      }
      if (!keepsPredictions) {
        return { comparison, predictions: NO_PREDICTIONS, row: undefined };
      }
      const request = observation.request && readRequest(observation.request, rules);
      const seen = { comparison, request };
      return {
        comparison,
        predictions: predictionsIn(observation, seen),
        row: rowIn(observation, seen),
      };
    };
  };
}
