import type { Comparison } from "../core/compare/comparison.ts";
import { compileRules } from "../core/compare/rules.ts";
import type { Observation } from "../core/observation.ts";
import type { Prediction } from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Row } from "../core/watch/driftWatch.ts";
import { keeps, startThinning } from "../core/watch/thinning.ts";
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
  /** What of it is watched for drift; undefined when nothing is, or when more is captured than is looked at. */
  readonly row: Row | undefined;
};

/** Looks into an observation, by the plan it was made with. */
export type Examiner = (observation: Observation) => Examined;
/** Makes a rollout's examiner, once. */
export type MakeExaminer = (plan: Plan) => Examiner;

/** Where an examiner has time and chance from. */
export type ExaminerParts = {
  readonly metrics: Pick<Metrics, "undecodable" | "driftRowsThinned">;
  readonly steadyMs: () => number;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** `DRIFT_ROWS_PER_SECOND_MAX` unless something else is said. */
  readonly rowsPerSecondMax?: number;
};

/**
 * Captured requests of a rollout that are looked at for drift in a second: windows of some hundred rows tell what there is to tell, and to
 * read a request costs more than its pair does.
 */
export const DRIFT_ROWS_PER_SECOND_MAX = 500;

const NO_PREDICTIONS: readonly Prediction[] = [];

/** Makes examiners that count what they can't read, by the variant that sent it and the reason. */
export function examinersCounting(parts: ExaminerParts): MakeExaminer {
  return (plan) => {
    const keepsPredictions = plan.labels !== undefined || plan.drift !== undefined;
    const rules = compileRules(plan.compare, undefined, { keepsPredictions });
    const compare = (observation: Observation): Comparison | undefined => {
      const comparison = comparePair(observation, rules);
      for (const { variant, reason } of comparison?.undecodable ?? []) {
        parts.metrics.undecodable.inc({ variant, reason });
      }
      return comparison;
    };
    if (!keepsPredictions) {
      return (observation) => ({
        comparison: compare(observation),
        predictions: NO_PREDICTIONS,
        row: undefined,
      });
    }
    const predictionsIn = predictionReader(plan, rules);
    const rowIn = rowReader(plan, rules);
    const isLookedAt = rowChooser(plan, parts);
    return (observation) => {
      const comparison = compare(observation);
      const isRow = isLookedAt(observation);
      const asked = isRow || plan.labels !== undefined ? observation.request : undefined;
      const seen = { comparison, request: asked && readRequest(asked, rules) };
      return {
        comparison,
        predictions: predictionsIn(observation, seen),
        row: isRow ? rowIn(observation, seen) : undefined,
      };
    };
  };
}

/** Says which captured requests are looked at for drift. */
function rowChooser(
  { drift }: Plan,
  {
    metrics,
    steadyMs,
    random,
    rowsPerSecondMax: perSecondMax = DRIFT_ROWS_PER_SECOND_MAX,
  }: ExaminerParts,
): (observation: Observation) => boolean {
  if (drift === undefined) {
    return () => false;
  }
  const thinning = startThinning(steadyMs());
  return ({ request }) => {
    if (request === undefined) {
      return false;
    }
    const isKept = keeps(thinning, { nowMs: steadyMs(), luck: random(), perSecondMax });
    if (!isKept) {
      metrics.driftRowsThinned.inc();
    }
    return isKept;
  };
}
