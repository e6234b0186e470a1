import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { assessDataset, DRIFT, type FeatureDrift } from "../../sidecar/core/drift/assess.ts";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import { wasserstein } from "../../sidecar/core/drift/wasserstein.ts";
import {
  assessFeature,
  categoricalProfile,
  countsOf,
  letters,
  normals,
  numericProfile,
  profileOf,
  windowOver,
} from "../support/features.ts";
import { close, inputs } from "../support/oracles.ts";
import { seeded } from "../support/random.ts";

const random = seeded(5);
const repeated = <T>(count: number, value: T): readonly T[] => new Array<T>(count).fill(value);
const assess = (feature: FeatureProfile, values: readonly unknown[]): FeatureDrift =>
  assessFeature(feature, countsOf(feature, values));

const x = numericProfile("x", normals(random, 3_000));
const flat = numericProfile("flat", repeated(1_000, 7));
const c = categoricalProfile("c", letters(1_000, "abcd"));
const only = categoricalProfile("only", letters(1_000, "a"));
const none = numericProfile("none", repeated(100, Number.NaN));

test("every number is finite or null, whatever the values", () => {
  const value = fc.oneof(fc.double(), fc.constantFrom("a", "", null, true, 1e308, -1e308, 0));
  fc.assert(
    fc.property(
      fc.array(value, { maxLength: 80 }),
      fc.constantFrom(x, flat, c, only, none),
      (values, feature) => {
        const {
          psi: index,
          js,
          wasserstein: distance,
          hellinger,
          lInfinity,
          pValue,
          ks,
          chi2,
        } = assess(feature, values);
        const numbers = [
          index,
          js,
          distance,
          hellinger,
          lInfinity,
          pValue,
          ks?.statistic,
          ks?.pValue,
          chi2?.statistic,
          chi2?.pValue,
        ];
        assert.ok(numbers.every((number) => number == null || Number.isFinite(number)));
      },
    ),
  );
});

test("an effect that chance explains is no alarm, and neither is a sure change that is too small", () => {
  const few = assess(x, normals(random, 60, 0.25));
  assert.ok((few.psi ?? 0) > 0.1 && (few.psi ?? 1) < (few.psiCritical ?? 0));
  assert.equal(few.drifted, false);
  const reference = numericProfile("x", normals(random, 50_000));
  const many = assess(reference, normals(random, 50_000, 0.1));
  assert.ok((many.pValue ?? 1) < 1e-12 && (many.psi ?? 1) < 0.1);
  assert.equal(many.drifted, false);
});

test("thresholds of distances wait for 500 rows", () => {
  const thresholds = { psi: null, ks: null, js: 0.1, wasserstein: 0.1 };
  const settings = { ...DRIFT, thresholds };
  for (const { rows, alarms } of [
    { rows: 499, alarms: 0 },
    { rows: 500, alarms: 2 },
  ]) {
    const found = assessFeature(x, countsOf(x, normals(random, rows, 1)), settings);
    assert.equal(found.reasons.length, alarms);
    assert.equal(found.drifted, alarms > 0);
  }
});

test("numbers equal those of the oracles' rows", () => {
  const feature = numericProfile("x", inputs.ref_num);
  const found = assess(feature, inputs.cur_num);
  close(found.psi ?? 0, 0.258860714301925);
  const exactKs = 0.2225;
  assert.ok(found.ks !== null && found.ks.statistic <= exactKs + 1e-12);
  assert.ok(exactKs <= found.ks.statistic + found.ks.bound);
  const ascending = (name: string) => inputs[name].toSorted((a: number, b: number) => a - b);
  const exact = wasserstein(ascending("ref_num"), ascending("cur_num")) / feature.std;
  assert.ok(Math.abs((found.wasserstein ?? 9) - exact) <= (found.wassersteinBound ?? 0));
  close(found.wasserstein ?? 9, exact, 0.02);
});

test("many features share one level, and half of them make the dataset drift", () => {
  const profile = profileOf([x, { ...x, name: "y" }, c, { ...c, name: "d" }]);
  const same = letters(500, "abcd");
  const window = windowOver(profile, [
    normals(random, 500, 2),
    normals(random, 500),
    letters(500, "ab"),
    same,
  ]);
  const drift = assessDataset(profile, window);
  assert.deepEqual(
    drift.features.map(({ drifted }) => drifted),
    [true, false, true, false],
  );
  assert.deepEqual(drift.dataset, { share: 0.5, drifted: true, reasons: [] });
  const alone = assessFeature(x, window.features[0] ?? assert.fail());
  // Two of four rejected: half of the level of one.
  assert.ok((drift.features[0]?.psiCritical ?? 0) > (alone.psiCritical ?? 1));
});

test("features that the profile lacks are named", () => {
  const profile = profileOf([x]);
  const window = {
    ...windowOver(profile, [normals(random, 100)]),
    unseen: { height: 3, weight: 1 },
  };
  assert.deepEqual(assessDataset(profile, window).dataset.reasons, [
    "not in the reference, so not judged: height, weight",
  ]);
});

test("PSI of a window on the reference's own rows is 0", () => {
  assert.equal(assess(c, letters(1_000, "abcd")).psi, 0);
});
