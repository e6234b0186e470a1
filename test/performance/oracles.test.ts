import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addForecast,
  calibrationOf,
  equalCountEce,
  noCalibration,
} from "../../sidecar/core/performance/calibration.ts";
import {
  addExpected,
  chanceOf,
  estimatedAveragePrecision,
  estimatedOf,
  noExpected,
} from "../../sidecar/core/performance/cbpe.ts";
import { classificationOf } from "../../sidecar/core/performance/classification.ts";
import {
  addOutcome,
  type Confusion,
  marginsOf,
  noConfusion,
} from "../../sidecar/core/performance/confusion.ts";
import { fitIsotonic, isotonicAt } from "../../sidecar/core/performance/isotonic.ts";
import { areaUnderCurve, averagePrecision } from "../../sidecar/core/performance/ranking.ts";
import {
  addToBin,
  areaOfBins,
  averagePrecisionOfBins,
  type Bounded,
  binOf,
  type ScoreBins,
} from "../../sidecar/core/performance/scoreBins.ts";
import { close, entry, inputs, main, nannyml } from "../support/oracles.ts";

const scores: readonly number[] = inputs.bin_score;
const truths: readonly number[] = inputs.bin_y;
const predictions: readonly number[] = inputs.bin_pred;
const ranked = scores.map((score, place) => ({
  score,
  positive: truths[place] ?? 0,
  negative: 1 - (truths[place] ?? 0),
}));

function confusionOf(truth: readonly number[], predicted: readonly number[]): Confusion {
  const confusion = noConfusion([...new Set(truth)].sort().map(String));
  for (const [place, each] of truth.entries()) {
    addOutcome(confusion, { truth: String(each), predicted: String(predicted[place]) });
  }
  return confusion;
}

/** Checks numbers, texts, and lists of both, of the same names; nothing of the oracle may be left out. */
function equalAll(actual: Record<string, unknown>, oracle: Record<string, unknown>): void {
  assert.deepEqual(new Set(Object.keys(actual)), new Set(Object.keys(oracle)));
  for (const [name, value] of Object.entries(actual)) {
    const [ours, theirs] = [[value].flat(Infinity), [oracle[name]].flat(Infinity)];
    assert.equal(ours.length, theirs.length, name);
    const isNumber = (each: unknown) => typeof each === "number";
    assert.deepEqual(
      ours.filter((each) => !isNumber(each)),
      theirs.filter((each) => !isNumber(each)),
    );
    const numbers = theirs.filter(isNumber).map(Number);
    for (const [place, each] of ours.filter(isNumber).map(Number).entries()) {
      close(each, numbers[place] ?? Number.NaN);
    }
  }
}

/** Equal-width bins of [0, 1], as the oracle cut them. */
function evenBins(count: number): ScoreBins {
  const edges = Array.from({ length: count - 1 }, (_, place) => (place + 1) / count);
  const bins: ScoreBins = {};
  for (const { score, positive, negative } of ranked) {
    addToBin(bins, binOf(edges, score), { positive, negative });
  }
  return bins;
}

test("the figures of two classes equal scikit-learn's", () => {
  const { y, score, pred, ...oracle } = entry(main, "classification").binary;
  assert.deepEqual([y, score, pred], ["bin_y", "bin_score", "bin_pred"]);
  const confusion = confusionOf(truths, predictions);
  const figures = classificationOf(confusion);
  const positive = figures?.classes.find(({ name }) => name === "1");
  const calibration = noCalibration();
  for (const [place, chance] of scores.entries()) {
    addForecast(calibration, { chance, positive: truths[place] === 1 });
  }
  const calibrated = calibrationOf(calibration);
  const binned = (count: number) => {
    const area = areaOfBins(evenBins(count));
    assert(area !== undefined);
    return [area.value, "half-width bound", area.to - area.value];
  };
  equalAll(
    {
      tn: confusion.cells["0,0"],
      fp: confusion.cells["0,1"],
      fn: confusion.cells["1,0"],
      tp: confusion.cells["1,1"],
      accuracy: figures?.accuracy,
      precision: positive?.precision,
      recall: positive?.recall,
      f1: positive?.f1,
      mcc: figures?.mcc,
      kappa: figures?.kappa,
      balanced_accuracy: figures?.balancedAccuracy,
      roc_auc: areaUnderCurve(ranked),
      average_precision: averagePrecision(ranked),
      "log_loss(clip 1e-15)": calibrated?.logLoss,
      brier: calibrated?.brier,
      ece_equal_width_10: calibrated?.ece,
      auc_from_20_equal_width_bins: binned(20),
      auc_from_100_equal_width_bins: binned(100),
    },
    oracle,
  );
});

test("the figures of four classes equal scikit-learn's", () => {
  const { true: truth, pred, ...oracle } = entry(main, "classification").multiclass;
  const confusion = confusionOf(inputs[truth], inputs[pred]);
  const figures = classificationOf(confusion);
  const places = confusion.classes.map((_, place) => place);
  equalAll(
    {
      "confusion_matrix(rows=true)": places.map((row) =>
        places.map((column) => confusion.cells[`${row},${column}`] ?? 0),
      ),
      f1_macro: figures?.macro.f1,
      f1_micro: figures?.micro.f1,
      f1_weighted: figures?.weighted.f1,
      f1_per_class: figures?.classes.map(({ f1 }) => f1),
      precision_macro: figures?.macro.precision,
      recall_macro: figures?.macro.recall,
      accuracy: figures?.accuracy,
      mcc: figures?.mcc,
      kappa: figures?.kappa,
    },
    oracle,
  );
  assert.deepEqual(marginsOf(confusion).truths, [76, 78, 79, 67, 0]);
});

const estimates = [
  { name: "cbpe_uncalibrated", calibrator: undefined },
  {
    name: "cbpe_isotonic_calibrated",
    calibrator: fitIsotonic(scores.map((x, place) => ({ x, y: truths[place] ?? 0 }))),
  },
];

for (const { name, calibrator } of estimates) {
  test(`estimated performance equals NannyML's: ${name}`, () => {
    const { inputs: _, average_precision: precision, ...oracle } = nannyml[name];
    // One bin for each score, so that nothing is lost to binning.
    const reference = { calibrator, edges: [...new Set(scores)].sort((a, b) => a - b) };
    const expected = noExpected();
    for (const [place, score] of scores.entries()) {
      assert(addExpected(expected, reference, { score, positive: predictions[place] === 1 }));
    }
    const estimated = estimatedOf(expected);
    assert(estimated !== undefined);
    assert.equal(estimated.kind, "estimated");
    const { kind, n, auc, specificity, ...rest } = estimated;
    const ours: Record<string, unknown> = { ...rest, specificity, roc_auc: auc?.value };
    equalAll(Object.fromEntries(Object.keys(oracle).map((key) => [key, ours[key]])), oracle);
    const alone = scores.map((score) => ({ score, chance: chanceOf(reference, score) }));
    const estimatedPrecision = estimatedAveragePrecision(alone) ?? Number.NaN;
    close(estimatedPrecision, precision ?? estimatedPrecision);
  });
}

test("isotonic regression equals scikit-learn's", () => {
  const { x, y, thresholds_x, thresholds_y, predict_at, predict } = nannyml.isotonic;
  const fitted = fitIsotonic(
    inputs[x].map((each: number, place: number) => ({ x: each, y: inputs[y][place] })),
  );
  equalAll(
    {
      thresholds_x: fitted.xs,
      thresholds_y: fitted.ys,
      predict: predict_at.map((at: number) => isotonicAt(fitted, at)),
    },
    { thresholds_x, thresholds_y, predict },
  );
});

test("the calibration error over equal counts equals NannyML's", () => {
  const forecasts = scores.map((chance, place) => ({ chance, positive: truths[place] === 1 }));
  close(equalCountEce(forecasts), nannyml.ece_equal_count_10bins);
});

test("the exact ranking figures lie within those of bins, of any width", () => {
  const exact = {
    area: areaUnderCurve(ranked) ?? Number.NaN,
    precision: averagePrecision(ranked) ?? Number.NaN,
  };
  for (const count of [1, 2, 3, 7, 20, 100, 512]) {
    const bins = evenBins(count);
    holds(areaOfBins(bins), exact.area);
    holds(averagePrecisionOfBins(bins), exact.precision);
  }
});

function holds(bounded: Bounded | undefined, exact: number): void {
  assert(bounded !== undefined);
  const { from, value, to } = bounded;
  assert(from <= exact + 1e-12 && exact <= to + 1e-12, `${exact} not in ${from}..${to}`);
  assert(from <= value && value <= to && to <= 1 && from >= 0);
}

test("every entry of the oracles about performance is in a test here", () => {
  assert.deepEqual(Object.keys(entry(main, "classification")), ["binary", "multiclass"]);
  // The first one is drift's.
  assert.deepEqual(Object.keys(nannyml), [
    "univariate",
    "cbpe_uncalibrated",
    "isotonic",
    "cbpe_isotonic_calibrated",
    "ece_equal_count_10bins",
  ]);
});
