import type { Interval } from "../evidence/bernoulliInterval.ts";
import {
  addForecast,
  type Calibration,
  type CalibrationFigures,
  calibrationOf,
  mergeCalibrations,
  noCalibration,
} from "./calibration.ts";
import { type Classification, type ClassScores, classificationOf } from "./classification.ts";
import {
  addOutcome,
  CLASSES_MAX,
  type Confusion,
  countsByClass,
  mergeConfusions,
  noConfusion,
} from "./confusion.ts";
import { accuracyInterval, f1Interval } from "./f1Interval.ts";
import { type CasePrediction, type MissingLabels, truthOf } from "./maturity.ts";
import type { LabelValue } from "./prediction.ts";
import {
  addError,
  type ErrorSums,
  mergeErrors,
  NO_ERRORS,
  type Regression,
  regressionOf,
} from "./regression.ts";
import {
  addToBin,
  areaOfBins,
  averagePrecisionOfBins,
  type Bounded,
  binOf,
  mergeBins,
  type ScoreBins,
} from "./scoreBins.ts";

/** How predictions are held against labels. */
export type PerformanceRules = MissingLabels & {
  /** For labels that are numbers: right within this distance; absent when labels are classes. */
  readonly within?: number;
  /** Inner edges of the bins of scores (see `scoreEdges`). */
  readonly edges: readonly number[];
};

/** `whole`: every figure. `brief`: a hundredth of the memory, without what is from scores, and of classes the positive one alone. */
export type Detail = "whole" | "brief";

/** All that is kept of the matured predictions of one variant in some time: plain JSON, mergeable by addition. */
export type Performance = {
  readonly detail: Detail;
  /** Predictions that reached their horizon, and those of them that had a label. */
  matured: number;
  labelled: number;
  /** Labelled, but a text where a number was to be. No figure has them. */
  unusable: number;
  /** Of the numeric predictions, those within the distance. */
  near: number;
  confusion: Confusion;
  errors: ErrorSums;
  bins: ScoreBins;
  calibration: Calibration;
};

/** What people see of it. Whatever has no data is undefined. */
export type PerformanceFigures = {
  readonly matured: number;
  readonly labelled: number;
  /** Share of matured predictions that had a label. */
  readonly coverage: number | undefined;
  readonly unusable: number;
  readonly accuracy: (Interval & { readonly value: number; readonly n: number }) | undefined;
  /** Of the whole detail alone, as the ones from scores are. */
  readonly classification: Classification | undefined;
  /** The figures of the positive class, and where its F1 lies. */
  readonly positive: (ClassScores & { readonly f1Interval: Interval }) | undefined;
  readonly auc: Bounded | undefined;
  readonly averagePrecision: Bounded | undefined;
  readonly calibration: CalibrationFigures | undefined;
  readonly regression: Regression | undefined;
};

/** Nothing matured. */
export function noPerformance(
  detail: Detail,
  { positive }: Pick<PerformanceRules, "positive">,
): Performance {
  return {
    detail,
    matured: 0,
    labelled: 0,
    unusable: 0,
    near: 0,
    confusion: noConfusion([positive], detail === "whole" ? CLASSES_MAX : 1),
    errors: NO_ERRORS,
    bins: {},
    calibration: noCalibration(),
  };
}

/** Counts one matured prediction with its label, undefined when none came. True when it was right, undefined when that can't be said. */
export function addMatured(
  performance: Performance,
  rules: PerformanceRules,
  { prediction, label }: { prediction: CasePrediction; label: LabelValue | undefined },
): boolean | undefined {
  performance.matured += 1;
  performance.labelled += label === undefined ? 0 : 1;
  return rules.within === undefined
    ? addClass(performance, rules, { prediction, label })
    : addNumber(performance, rules.within, { prediction, label });
}

function addClass(
  performance: Performance,
  rules: PerformanceRules,
  { prediction, label }: { prediction: CasePrediction; label: LabelValue | undefined },
): boolean | undefined {
  const truth = truthOf({ label, predicted: prediction.label }, rules);
  if (truth === undefined) {
    return undefined;
  }
  const predicted = String(prediction.label);
  addOutcome(performance.confusion, { truth, predicted });
  if (prediction.score !== undefined && performance.detail === "whole") {
    const positive = truth === rules.positive;
    const example = { positive: positive ? 1 : 0, negative: positive ? 0 : 1 };
    addToBin(performance.bins, binOf(rules.edges, prediction.score), example);
    addForecast(performance.calibration, { chance: prediction.score, positive });
  }
  return truth === predicted;
}

function addNumber(
  performance: Performance,
  within: number,
  { prediction, label }: { prediction: CasePrediction; label: LabelValue | undefined },
): boolean | undefined {
  if (label === undefined) {
    return undefined;
  }
  const error = numberOf(prediction.label) - numberOf(label);
  if (!Number.isFinite(error)) {
    performance.unusable += 1;
    return undefined;
  }
  const isNear = Math.abs(error) <= within;
  performance.errors = addError(performance.errors, error);
  performance.near += isNear ? 1 : 0;
  return isNear;
}

/** The number that a label is or spells; NaN for any other text. */
function numberOf(label: LabelValue): number {
  return typeof label === "number" ? label : label.trim() === "" ? Number.NaN : Number(label);
}

/** Sums two of one detail: merge(a, b) equals of(a ++ b), up to rounding and the bound on classes. */
export function mergePerformance(a: Performance, b: Performance): Performance {
  return {
    detail: a.detail,
    matured: a.matured + b.matured,
    labelled: a.labelled + b.labelled,
    unusable: a.unusable + b.unusable,
    near: a.near + b.near,
    confusion: mergeConfusions(a.confusion, b.confusion),
    errors: mergeErrors(a.errors, b.errors),
    bins: mergeBins(a.bins, b.bins),
    calibration: mergeCalibrations(a.calibration, b.calibration),
  };
}

/** The figures, with intervals that are right at every look with chance 1 - alpha each. */
export function performanceOf(
  performance: Performance,
  { positive, within, alpha }: { positive: string; within?: number; alpha: number },
): PerformanceFigures {
  const { matured, labelled, unusable, near, confusion, errors, bins, calibration } = performance;
  const classification = classificationOf(confusion);
  const whole = performance.detail === "whole" ? classification : undefined;
  const right =
    within === undefined
      ? { n: confusion.n, correct: confusion.correct }
      : { n: errors.n, correct: near };
  return {
    matured,
    labelled,
    coverage: matured === 0 ? undefined : labelled / matured,
    unusable,
    accuracy:
      right.n === 0
        ? undefined
        : { value: right.correct / right.n, n: right.n, ...accuracyInterval(right, alpha) },
    classification: whole,
    positive: positiveOf(classification, { confusion, positive, alpha }),
    auc: areaOfBins(bins),
    averagePrecision: averagePrecisionOfBins(bins),
    calibration: calibrationOf(calibration),
    regression: regressionOf(errors),
  };
}

function positiveOf(
  classification: Classification | undefined,
  { confusion, positive, alpha }: { confusion: Confusion; positive: string; alpha: number },
): PerformanceFigures["positive"] {
  const scores = classification?.classes.find(({ name }) => name === positive);
  const counts = countsByClass(confusion)[confusion.classes.indexOf(positive)];
  return scores === undefined || counts === undefined
    ? undefined
    : { ...scores, f1Interval: f1Interval(counts, alpha) };
}
