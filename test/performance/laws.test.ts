import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addForecast,
  calibrationOf,
  equalCountEce,
  noCalibration,
} from "../../sidecar/core/performance/calibration.ts";
import { calibratorFor } from "../../sidecar/core/performance/calibrator.ts";
import {
  addExpected,
  estimatedOf,
  estimateLimits,
  isUnusual,
  mergeExpected,
  noExpected,
} from "../../sidecar/core/performance/cbpe.ts";
import { classificationOf } from "../../sidecar/core/performance/classification.ts";
import {
  addOutcome,
  CLASSES_MAX,
  type Confusion,
  mergeConfusions,
  noConfusion,
} from "../../sidecar/core/performance/confusion.ts";
import { fitIsotonic, isotonicAt } from "../../sidecar/core/performance/isotonic.ts";
import { areaUnderCurve, averagePrecision } from "../../sidecar/core/performance/ranking.ts";
import {
  addToBin,
  areaOfBins,
  averagePrecisionOfBins,
  binOf,
  SCORE_BINS,
  type ScoreBins,
  scoreEdges,
  UNIT_EDGES,
} from "../../sidecar/core/performance/scoreBins.ts";
import { close } from "../support/oracles.ts";
import { seeded } from "../support/random.ts";

const name = fc.constantFrom("a", "b", "c", "__proto__", "constructor", "1,2", "");
const outcomes = fc.array(fc.record({ truth: name, predicted: name }), { maxLength: 60 });
const scored = fc.array(
  fc.record({ score: fc.double({ min: 0, max: 1, noNaN: true }), isPositive: fc.boolean() }),
  { minLength: 1, maxLength: 80 },
);

function confusionOf(given: readonly { truth: string; predicted: string }[]): Confusion {
  const confusion = noConfusion();
  for (const outcome of given) {
    addOutcome(confusion, outcome);
  }
  return confusion;
}

test("merging confusions equals counting both, whatever the classes are called", () => {
  fc.assert(
    fc.property(outcomes, outcomes, (a, b) => {
      const merged = mergeConfusions(confusionOf(a), confusionOf(b));
      assert.deepEqual(merged, confusionOf([...a, ...b]));
      assert.deepEqual(JSON.parse(JSON.stringify(merged)), merged);
    }),
  );
});

test("classes beyond the bound count in n and accuracy, against other classes, and in the overflow", () => {
  const confusion = noConfusion(Array.from({ length: CLASSES_MAX + 5 }, (_, place) => `c${place}`));
  assert.equal(confusion.classes.length, CLASSES_MAX);
  for (const [truth, predicted] of [
    ["c0", "c0"],
    ["c0", "beyond"],
    ["beyond", "c1"],
    ["beyond", "beyond"],
    ["beyond", "other"],
  ] as const) {
    addOutcome(confusion, { truth, predicted });
  }
  const figures = classificationOf(confusion);
  assert.deepEqual([figures?.n, figures?.accuracy, figures?.overflow], [5, 2 / 5, 4]);
  assert.deepEqual(
    figures?.classes.map(({ name: each, precision, recall }) => [each, precision, recall]),
    [
      ["c0", 1, 0.5],
      ["c1", 0, 0],
    ],
  );
});

test("no prediction has no figures, and what can't be divided is 0", () => {
  assert.equal(classificationOf(noConfusion(["a", "b"])), undefined);
  assert.equal(calibrationOf(noCalibration()), undefined);
  assert.equal(estimatedOf(noExpected()), undefined);
  assert.equal(areaOfBins({}), undefined);
  assert.equal(averagePrecisionOfBins({}), undefined);
  const only = classificationOf(confusionOf([{ truth: "a", predicted: "a" }]));
  assert.deepEqual([only?.accuracy, only?.kappa, only?.mcc, only?.macro.f1], [1, 0, 0, 1]);
});

test("scores are in as many bins as there are edges and one, each edge in the bin that it begins", () => {
  assert.deepEqual(
    [0, 0.1, 0.5, 0.9, 1].map((score) => binOf([0.1, 0.5], score)),
    [0, 1, 2, 2, 2],
  );
  const edges = scoreEdges(Array.from({ length: 10_000 }, (_, place) => place));
  assert.equal(edges.length, SCORE_BINS - 1);
  assert.deepEqual(scoreEdges([3, 3, 3, Number.NaN]), [3]);
  assert.deepEqual(scoreEdges([]), []);
});

test("bins on any edges hold the exact ranking figures, and merge by addition", () => {
  fc.assert(
    fc.property(scored, scored, fc.nat(40), (a, b, width) => {
      const edges = scoreEdges(a.slice(0, width).map(({ score }) => score));
      const binsOf = (given: typeof a): ScoreBins => {
        const bins: ScoreBins = {};
        for (const { score, isPositive } of given) {
          const example = { positive: Number(isPositive), negative: Number(!isPositive) };
          addToBin(bins, binOf(edges, score), example);
        }
        return bins;
      };
      const both = [...a, ...b];
      const bins: ScoreBins = {};
      for (const part of [binsOf(a), binsOf(b)]) {
        for (const [bin, [positive, negative]] of Object.entries(part)) {
          addToBin(bins, Number(bin), { positive, negative });
        }
      }
      assert.deepEqual(bins, binsOf(both));
      const examples = both.map(({ score, isPositive }) => ({
        score,
        positive: Number(isPositive),
        negative: Number(!isPositive),
      }));
      for (const [bounded, exact] of [
        [areaOfBins(bins), areaUnderCurve(examples)],
        [averagePrecisionOfBins(bins), averagePrecision(examples)],
      ] as const) {
        assert.equal(bounded === undefined, exact === undefined);
        const { from = 0, to = 0 } = bounded ?? {};
        assert(from <= (exact ?? 0) + 1e-9 && (exact ?? 0) <= to + 1e-9);
      }
    }),
  );
});

test("a chance that is none is in no calibration", () => {
  const calibration = noCalibration();
  for (const chance of [Number.NaN, -0.01, 1.01, Number.POSITIVE_INFINITY]) {
    assert.equal(addForecast(calibration, { chance, positive: true }), false);
  }
  assert.deepEqual(calibration, noCalibration());
  for (const chance of [0, 1]) {
    addForecast(calibration, { chance, positive: chance === 0 });
  }
  const { logLoss = 0, brier } = calibrationOf(calibration) ?? {};
  assert.equal(brier, 1);
  assert(Math.abs(logLoss - 34.5) < 0.1, `${logLoss}`);
});

test("isotonic regression rises, keeps the mean, and is level outside", () => {
  fc.assert(
    fc.property(scored, (given) => {
      const points = given.map(({ score, isPositive }) => ({ x: score, y: Number(isPositive) }));
      const fitted = fitIsotonic(points);
      const values = points.map(({ x }) => isotonicAt(fitted, x));
      const rising = points.toSorted((a, b) => a.x - b.x).map(({ x }) => isotonicAt(fitted, x));
      assert(rising.every((value, place) => value >= (rising[place - 1] ?? 0) - 1e-12));
      const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0);
      close(sum(values), sum(points.map(({ y }) => y)));
      assert.equal(isotonicAt(fitted, -1), fitted.ys[0]);
      assert.equal(isotonicAt(fitted, 2), fitted.ys.at(-1));
    }),
  );
});

test("scores are calibrated only where that helps on others", () => {
  const random = seeded(1);
  const chances = Array.from({ length: 4_000 }, () => random.next());
  const honest = chances.map((chance) => ({ chance, positive: random.next() < chance }));
  const boastful = chances.map((chance) => ({ chance, positive: random.next() < chance ** 3 }));
  const calibrator = calibratorFor(boastful);
  assert(calibrator !== undefined);
  assert(Math.abs(isotonicAt(calibrator, 0.5) - 0.125) < 0.05);
  assert.equal(calibratorFor(boastful.slice(0, 99)), undefined);
  assert(equalCountEce(honest) < 0.05);
});

test("an estimate is as good as its chances, and out of its limits when they fall", () => {
  const random = seeded(2);
  const reference = { calibrator: undefined, edges: UNIT_EDGES };
  const chunk = (sureness: number) => {
    const expected = noExpected();
    for (let count = 0; count < 500; count += 1) {
      const score = 0.5 + (random.next() - 0.5) * sureness;
      addExpected(expected, reference, { score, positive: score >= 0.5 });
    }
    return expected;
  };
  const chunks = Array.from({ length: 20 }, () => estimatedOf(chunk(1))?.accuracy ?? 0);
  const limits = estimateLimits(chunks);
  assert(limits !== undefined && Math.abs(limits.mean - 0.75) < 0.01);
  assert.equal(isUnusual(estimatedOf(chunk(1))?.accuracy ?? 0, limits), false);
  assert.equal(isUnusual(estimatedOf(chunk(0.5))?.accuracy ?? 0, limits), true);
  assert.equal(isUnusual(Number.NaN, limits), true);
  assert.equal(estimateLimits([0.7]), undefined);
  const [one, other] = [chunk(1), chunk(0.3)];
  const merged = estimatedOf(mergeExpected(one, other));
  close(merged?.accuracy ?? 0, (one.tp + one.tn + other.tp + other.tn) / 1_000);
  assert.equal(addExpected(one, reference, { score: 1.5, positive: true }), false);
});
