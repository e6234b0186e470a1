import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import {
  addForecast,
  calibrationOf,
  noCalibration,
} from "../../sidecar/core/performance/calibration.ts";
import { classificationOf } from "../../sidecar/core/performance/classification.ts";
import { addOutcome, noConfusion } from "../../sidecar/core/performance/confusion.ts";
import { fitIsotonic, isotonicAt } from "../../sidecar/core/performance/isotonic.ts";
import { areaUnderCurve, averagePrecision } from "../../sidecar/core/performance/ranking.ts";
import { addError, NO_ERRORS, regressionOf } from "../../sidecar/core/performance/regression.ts";
import {
  addToBin,
  areaOfBins,
  averagePrecisionOfBins,
  binOf,
  type ScoreBins,
  scoreEdges,
} from "../../sidecar/core/performance/scoreBins.ts";
import { close } from "../support/oracles.ts";

type Named = { readonly name: string; readonly truth: readonly number[] };
type Averages = { readonly precision: number; readonly recall: number; readonly f1: number };

// What the file holds is checked by the comparisons: a missing or mistyped number is NaN there and fails.
const vectors: {
  readonly classification: readonly (Named & {
    readonly predicted: readonly number[];
    readonly confusion: readonly (readonly number[])[];
    readonly accuracy: number;
    readonly balancedAccuracy: number;
    readonly kappa: number;
    readonly mcc: number;
    readonly macro: Averages;
    readonly micro: Averages;
    readonly weighted: Averages;
    readonly classes: readonly (Averages & { readonly name: string; readonly support: number })[];
  })[];
  readonly binary: readonly (Named & {
    readonly chances: readonly number[];
    readonly auc: number;
    readonly averagePrecision: number;
    readonly brier: number;
    readonly logLoss: number;
    readonly calibratedBy: number;
    readonly calibrated: readonly number[];
  })[];
  readonly regression: readonly (Named & {
    readonly predicted: readonly number[];
    readonly mae: number;
    readonly rmse: number;
    readonly bias: number;
  })[];
} = JSON.parse(readFileSync(new URL("../vectors/performance.json", import.meta.url), "utf8"));

function closeAverages(actual: Averages | undefined, oracle: Averages): void {
  close(actual?.precision ?? Number.NaN, oracle.precision);
  close(actual?.recall ?? Number.NaN, oracle.recall);
  close(actual?.f1 ?? Number.NaN, oracle.f1);
}

for (const vector of vectors.classification) {
  test(`the figures of classes equal scikit-learn's: ${vector.name}`, () => {
    const confusion = noConfusion(vector.confusion.map((_, place) => String(place)));
    for (const [place, truth] of vector.truth.entries()) {
      addOutcome(confusion, { truth: `${truth}`, predicted: `${vector.predicted[place]}` });
    }
    for (const [row, counts] of vector.confusion.entries()) {
      const ours = counts.map((_, column) => confusion.cells[`${row},${column}`] ?? 0);
      assert.deepEqual(ours, counts);
    }
    const figures = classificationOf(confusion);
    assert(figures !== undefined);
    for (const name of ["accuracy", "balancedAccuracy", "kappa", "mcc"] as const) {
      close(figures[name], vector[name]);
    }
    for (const name of ["macro", "micro", "weighted"] as const) {
      closeAverages(figures[name], vector[name]);
    }
    assert.deepEqual(
      figures.classes.map(({ name, support }) => [name, support]),
      vector.classes.map(({ name, support }) => [name, support]),
    );
    for (const [place, oracle] of vector.classes.entries()) {
      closeAverages(figures.classes[place], oracle);
    }
  });
}

for (const vector of vectors.binary) {
  test(`the figures of chances equal scikit-learn's: ${vector.name}`, () => {
    const calibration = noCalibration();
    const examples = vector.chances.map((score, place) => {
      const positive = vector.truth[place] ?? Number.NaN;
      assert(addForecast(calibration, { chance: score, positive: positive === 1 }));
      return { score, positive, negative: 1 - positive };
    });
    close(areaUnderCurve(examples) ?? Number.NaN, vector.auc);
    close(averagePrecision(examples) ?? Number.NaN, vector.averagePrecision);
    const { brier = Number.NaN, logLoss = Number.NaN } = calibrationOf(calibration) ?? {};
    close(brier, vector.brier);
    close(logLoss, vector.logLoss);
  });

  test(`what bins of the reference's scores say holds scikit-learn's figures: ${vector.name}`, () => {
    const edges = scoreEdges(vector.chances.filter((_, place) => place % 3 === 0));
    const bins: ScoreBins = {};
    for (const [place, score] of vector.chances.entries()) {
      const positive = vector.truth[place] ?? Number.NaN;
      addToBin(bins, binOf(edges, score), { positive, negative: 1 - positive });
    }
    for (const [bounded, oracle] of [
      [areaOfBins(bins), vector.auc],
      [averagePrecisionOfBins(bins), vector.averagePrecision],
    ] as const) {
      assert(bounded !== undefined && bounded.from <= oracle && oracle <= bounded.to);
      assert(bounded.to - bounded.from < 0.1, JSON.stringify(bounded));
    }
  });

  test(`isotonic regression equals scikit-learn's: ${vector.name}`, () => {
    const points = vector.chances.map((x, place) => ({ x, y: vector.truth[place] ?? Number.NaN }));
    const fitted = fitIsotonic(points.slice(0, vector.calibratedBy));
    for (const [place, chance] of vector.chances.entries()) {
      close(isotonicAt(fitted, chance), vector.calibrated[place] ?? Number.NaN);
    }
  });
}

for (const vector of vectors.regression) {
  test(`the figures of numbers equal scikit-learn's: ${vector.name}`, () => {
    const errors = vector.truth.map((truth, place) => (vector.predicted[place] ?? 0) - truth);
    const { mae, rmse, bias } = regressionOf(errors.reduce(addError, NO_ERRORS)) ?? {};
    close(mae ?? Number.NaN, vector.mae);
    close(rmse ?? Number.NaN, vector.rmse);
    close(bias ?? Number.NaN, vector.bias);
  });
}
