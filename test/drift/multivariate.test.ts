import assert from "node:assert/strict";
import { test } from "node:test";
import { MISSING } from "../../sidecar/core/drift/binning.ts";
import { separate } from "../../sidecar/core/drift/domainClassifier.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import {
  buildMultivariate,
  MULTIVARIATE_ROWS_MIN,
  profileRowsMax,
  sampleRowsMax,
  startMultivariate,
} from "../../sidecar/core/drift/multivariate.ts";
import { rankSum } from "../../sidecar/core/drift/rankSum.ts";
import { codingsOf, pointOf } from "../../sidecar/core/drift/rowCodes.ts";
import { pairsOf } from "../../sidecar/core/drift/rowTokens.ts";
import { type Random, seeded } from "../support/random.ts";
import {
  assessRows,
  codesOf,
  featuresOfRows,
  multivariateOfRows,
  type Row,
} from "../support/reference.ts";
import { mannWhitney } from "../support/twoSample.ts";

/** Rows of five features: two that go together by `correlation`, one shifted by `shift`, and a category. */
function rowsOf(
  random: Random,
  count: number,
  { correlation = 0.7, shift = 0, ill = 0.2 } = {},
): readonly Row[] {
  return Array.from({ length: count }, () => {
    const bmi = gaussian(random);
    const own = Math.sqrt(1 - correlation * correlation) * gaussian(random);
    return {
      bmi,
      glucose: correlation * bmi + own,
      age: gaussian(random) + shift,
      weight: gaussian(random),
      ward: random.next() < ill ? "ill" : "well",
    };
  });
}

const reference = rowsOf(seeded(21), 2_000);
const multivariate = multivariateOfRows(reference);

test("at most 1 % of windows without drift raise an alarm", () => {
  const random = seeded(22);
  let alarms = 0;
  for (const rows of [100, 250, 500]) {
    for (let window = 0; window < 70; window += 1) {
      alarms += assessRows(multivariate, rowsOf(random, rows))?.drifted ? 1 : 0;
    }
  }
  assert(alarms <= 2, `${alarms} of 210`);
});

test("a correlation that turns over is found, though no feature by itself has changed", () => {
  const random = seeded(23);
  for (let window = 0; window < 10; window += 1) {
    const found = assessRows(multivariate, rowsOf(random, 300, { correlation: -0.7 }));
    assert.equal(found?.drifted, true);
    assert(found.classifier.pValue < 1e-6 && found.mmd.pValue < 1e-3);
    assert.match(found.telling[0]?.what ?? "", /bmi.* and .*glucose/);
  }
});

test("what a constant feature became is told by the constant", () => {
  const withConstant = (rows: readonly Row[], constant: number): Row[] =>
    rows.map((row) => ({ ...row, constant }));
  const constant = multivariateOfRows(withConstant(reference, 1));
  const told = (value: number) =>
    assessRows(constant, withConstant(rowsOf(seeded(25), 500), value))?.telling.map(
      ({ what }) => what,
    );
  const names = (value: number) => new Set(told(value)?.filter((what) => /^constant/.test(what)));
  for (const [value, wanted] of [
    [0, "constant < 1"],
    [2, "constant > 1"],
  ] as const) {
    assert(names(value).has(wanted) && names(value).has("constant = 1"), String([...names(value)]));
  }
});

test("what tells a window from the reference is named with how often it is met", () => {
  const found = assessRows(multivariate, rowsOf(seeded(24), 1_000, { ill: 0.6 }));
  const told = found?.telling.find(({ what }) => what === "ward = ill");
  assert(told !== undefined);
  assert(Math.abs(told.referenceShare - 0.2) < 0.05 && Math.abs(told.currentShare - 0.6) < 0.05);
});

test("a window or a reference of too few rows says nothing", () => {
  const few = reference.slice(0, MULTIVARIATE_ROWS_MIN - 1);
  assert.equal(assessRows(multivariate, few), null);
  const features = featuresOfRows(few);
  const codings = codingsOf(features);
  const codes = few.map((row) => codesOf(codings, row));
  assert.equal(buildMultivariate(features, codes, 1), null);
});

test("a profile of all features together is plain JSON without the rows' values", () => {
  const text = JSON.stringify(multivariate.profile);
  assert.deepEqual(JSON.parse(text), multivariate.profile);
  assert(text.length < 40_000, `${text.length}`);
  const value = String(reference[0]?.bmi).slice(0, 8);
  assert(!text.includes(value));
});

test("a window is plain JSON, and however many rows come, a bounded sample of them is kept", () => {
  const window = startMultivariate(multivariate, 3);
  assert.deepEqual(JSON.parse(JSON.stringify(window)), window);
  assert.equal(window.rowsMax, 2_000);
  assert.deepEqual([1, 20, 2_000].map(sampleRowsMax), [2_000, 2_000, 100]);
  assert.deepEqual([1, 20, 2_000].map(profileRowsMax), [2_000, 600, 100]);
});

test("missing values, new categories, constants and odd values each have a code", () => {
  const features = featuresOfRows(
    Array.from({ length: 100 }, (_, index) => ({ number: index, constant: 5, name: "a" })),
  );
  const codings = codingsOf(features);
  assert.deepEqual(codesOf(codings, {}), [MISSING, MISSING, MISSING]);
  const odd = codesOf(codings, { number: {}, constant: "5", name: "new" });
  assert.deepEqual(odd, [MISSING, 1, 1]);
  const infinite = codesOf(codings, { number: Number.POSITIVE_INFINITY, constant: 6, name: 7 });
  assert.deepEqual(infinite, [
    features[0]?.type === "numeric" ? features[0].edges.length : -1,
    2,
    1,
  ]);
  for (const codes of [odd, infinite]) {
    assert([...pointOf(codings, codes)].every((value) => Math.abs(value) < 5));
  }
});

test("features beyond the dimensions' bound are left out", () => {
  const wide = Object.fromEntries(
    Array.from({ length: 3_000 }, (_, index) => [`f${index}`, index]),
  );
  assert.equal(codingsOf(featuresOfRows([wide, wide])).length, 2_048);
});

test("of many pairs of features a fixed number is looked at, each as likely as another", () => {
  assert.equal(pairsOf(20, 1).length, 190);
  const chosen = Array.from({ length: 200 }, (_, seed) => pairsOf(40, seed));
  assert(chosen.every(({ length }) => length === 256));
  const first = chosen.filter((pairs) => pairs.some(([a, b]) => a === 0 && b === 1)).length;
  assert(first > 40 && first < 92, `${first} of 200 at a chance of 256 in 780`);
});

test("the rank-sum test equals scipy's, and its area the share of pairs in order", () => {
  const random = seeded(25);
  for (const step of [0.01, 1]) {
    const draw = () => Math.round(gaussian(random) / step) * step;
    const first = Array.from({ length: 60 }, draw);
    const second = Array.from({ length: 40 }, () => draw() + 0.3);
    const { auc, pValue } = rankSum(first, second);
    const wins = second.flatMap((b) => first.map((a) => (Math.sign(b - a) + 1) / 2));
    const total = wins.reduce((sum: number, win) => sum + win, 0);
    assert(Math.abs(auc - total / wins.length) < 1e-12);
    const oracle = mannWhitney(second, first);
    assert(Math.abs(oracle.pValue - 2 * pValue) < 1e-9);
  }
});

test("equal scores tell nothing", () => {
  assert.deepEqual(rankSum([1, 1], [1, 1, 1]), { auc: 0.5, pValue: 1 });
});

test("rows that hit other tokens are told apart, whichever side has more", () => {
  const of = (token: number, count: number) => Array.from({ length: count }, () => [token, 7]);
  for (const [first, second] of [
    [300, 30],
    [30, 300],
  ] as const) {
    const { auc, pValue, telling } = separate(of(1, first), of(2, second), 1);
    assert.equal(auc, 1);
    assert(pValue < 1e-6);
    assert.deepEqual(new Set(telling.map(({ bucket }) => bucket)), new Set([1, 2]));
  }
});
