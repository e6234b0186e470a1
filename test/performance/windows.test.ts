import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { maturedBeforeMs, truthOf } from "../../sidecar/core/performance/maturity.ts";
import {
  addMatured,
  type Detail,
  mergePerformance,
  noPerformance,
  type Performance,
  type PerformanceRules,
  performanceOf,
} from "../../sidecar/core/performance/performance.ts";
import type { LabelValue } from "../../sidecar/core/performance/prediction.ts";
import { UNIT_EDGES } from "../../sidecar/core/performance/scoreBins.ts";
import {
  BUCKETS_MAX,
  cellsFor,
  dropOld,
  noWindows,
  SLICES_MAX,
  type SlicedWindows,
  sumOver,
  type WindowRules,
} from "../../sidecar/core/performance/windows.ts";

const rules: PerformanceRules = { missing: "exclude", positive: "yes", edges: UNIT_EDGES };
const windowRules: WindowRules<Performance> = {
  bucketMs: 60_000,
  buckets: 10,
  start: () => noPerformance("whole", rules),
  merge: mergePerformance,
};
const minute = 60_000;
const now = 1_000 * minute;

function count(
  windows: SlicedWindows<Performance>,
  given: { atMs: number; slice?: string; nowMs?: number },
): void {
  const place = { nowMs: now, variant: "candidate" as const, ...given };
  for (const cell of cellsFor(windows, windowRules, place)) {
    const prediction = { version: "v2", atMs: given.atMs, label: "yes", score: 0.75 };
    addMatured(cell, rules, { prediction, label: "yes" });
  }
}

const labels = fc.option(fc.constantFrom<LabelValue>("yes", "no", 1, 2.5, "1"), { nil: undefined });
const matured = fc.array(
  fc.record({ label: labels, predicted: fc.constantFrom<LabelValue>("yes", "no", 1, 2, "x") }),
  { maxLength: 30 },
);

function performanceFrom(
  given: readonly { label: LabelValue | undefined; predicted: LabelValue }[],
  by: PerformanceRules,
  detail: Detail = "whole",
): Performance {
  const performance = noPerformance(detail, by);
  for (const { label, predicted } of given) {
    const prediction = { version: "v2", atMs: 0, label: predicted, score: 0.25 };
    addMatured(performance, by, { prediction, label });
  }
  return performance;
}

/** Without the rounding of its one sum that is not of exact numbers. */
function rounded({ calibration, ...rest }: Performance): unknown {
  return { ...rest, calibration: { ...calibration, logLoss: calibration.logLoss.toFixed(9) } };
}

for (const by of [
  rules,
  { ...rules, missing: "negative" as const },
  { ...rules, within: 0.5 },
] satisfies readonly PerformanceRules[]) {
  test(`merging performance equals counting both: ${by.missing} ${by.within ?? "classes"}`, () => {
    fc.assert(
      fc.property(matured, matured, (a, b) => {
        const merged = mergePerformance(performanceFrom(a, by), performanceFrom(b, by));
        assert.deepEqual(rounded(merged), rounded(performanceFrom([...a, ...b], by)));
      }),
    );
  });
}

test("a prediction is mature from the age of the horizon on", () => {
  assert.equal(maturedBeforeMs(10_000, 4_000), 6_000);
});

test("a missing label is nothing, or whatever is not positive", () => {
  const truth = (missing: "exclude" | "negative", predicted: string, label?: LabelValue) =>
    truthOf({ label, predicted }, { missing, positive: "yes" });
  assert.equal(truth("exclude", "yes"), undefined);
  assert.equal(truth("negative", "yes"), "not yes");
  assert.equal(truth("negative", "no"), "no");
  assert.equal(truth("negative", "no", "yes"), "yes");
  assert.equal(truth("exclude", "1", 1), "1");
});

test("figures say what matured, what was labelled, and only then what was right", () => {
  const performance = performanceFrom(
    [
      { label: "yes", predicted: "yes" },
      { label: "no", predicted: "yes" },
      { label: undefined, predicted: "yes" },
      { label: "no", predicted: "no" },
    ],
    rules,
  );
  const figures = performanceOf(performance, { positive: "yes", alpha: 0.05 });
  assert.deepEqual([figures.matured, figures.labelled, figures.coverage], [4, 3, 0.75]);
  assert.deepEqual([figures.accuracy?.value, figures.accuracy?.n], [2 / 3, 3]);
  assert.deepEqual([figures.positive?.precision, figures.positive?.recall], [0.5, 1]);
  assert.equal(figures.calibration?.n, 3);
  assert.equal(figures.regression, undefined);
  const none = performanceOf(noPerformance("whole", rules), { positive: "yes", alpha: 0.05 });
  assert.deepEqual([none.coverage, none.accuracy, none.auc], [undefined, undefined, undefined]);
});

test("in brief, accuracy and the positive class are as in whole, and nothing else is kept", () => {
  const given = [
    { label: "yes", predicted: "yes" },
    { label: "a", predicted: "yes" },
    { label: "a", predicted: "a" },
    { label: "a", predicted: "b" },
    { label: "yes", predicted: "b" },
  ];
  const of = { positive: "yes", alpha: 0.05 };
  const whole = performanceOf(performanceFrom(given, rules), of);
  const brief = performanceOf(performanceFrom(given, rules, "brief"), of);
  assert.deepEqual(brief.accuracy, whole.accuracy);
  assert.deepEqual(brief.positive, whole.positive);
  assert.deepEqual(
    [brief.classification, brief.auc, brief.calibration],
    [undefined, undefined, undefined],
  );
});

test("numbers, also those spelled as text, are right within the distance, and other texts are unusable", () => {
  const by = { ...rules, within: 0.5 };
  const performance = performanceFrom(
    [
      { label: 2, predicted: 2.5 },
      { label: "2", predicted: 3 },
      { label: 2, predicted: "NaN" },
      { label: "", predicted: 0 },
      { label: undefined, predicted: 0 },
    ],
    by,
  );
  const { accuracy, regression, unusable, labelled } = performanceOf(performance, {
    ...by,
    alpha: 0.05,
  });
  assert.deepEqual([accuracy?.value, accuracy?.n, unusable, labelled], [0.5, 2, 2, 4]);
  assert.deepEqual(regression, { n: 2, mae: 0.75, rmse: Math.sqrt(0.625), bias: 0.75 });
});

test("windows are sums of buckets, whole and by slice", () => {
  const windows = noWindows<Performance>();
  for (const [age, slice] of [
    [0, "old"],
    [1, "young"],
    [1, "old"],
    [5, undefined],
  ] as const) {
    count(windows, { atMs: now - age * minute, ...(slice === undefined ? {} : { slice }) });
  }
  const over = (minutes: number, slice?: string) =>
    sumOver(windows, windowRules, {
      fromMs: now - minutes * minute,
      toMs: now + minute,
      variant: "candidate",
      slice,
    }).matured;
  assert.deepEqual([over(0), over(1), over(4), over(9)], [1, 3, 3, 4]);
  assert.deepEqual([over(9, "old"), over(9, "young"), over(9, "unknown")], [2, 1, 0]);
  const primary = { fromMs: 0, toMs: now + minute, variant: "primary" as const };
  assert.equal(sumOver(windows, windowRules, primary).matured, 0);
  assert.deepEqual(JSON.parse(JSON.stringify(windows)), windows);
});

test("what is too old, or of the future, is counted and in no bucket", () => {
  const windows = noWindows<Performance>();
  count(windows, { atMs: now - 10 * minute });
  count(windows, { atMs: now + 1 });
  count(windows, { atMs: Number.NaN });
  count(windows, { atMs: now - 9 * minute });
  assert.deepEqual([windows.late, windows.future], [1, 2]);
  assert.equal(Object.keys(windows.buckets).length, 1);
});

test("no more buckets and slices are kept than allowed", () => {
  const windows = noWindows<Performance>();
  const many = { ...windowRules, buckets: BUCKETS_MAX + 100 };
  for (let place = 0; place < BUCKETS_MAX + 50; place += 1) {
    const atMs = now + place * minute;
    cellsFor(windows, many, { atMs, nowMs: atMs, variant: "primary", slice: `s${place}` });
    dropOld(windows, many, atMs);
  }
  assert.equal(Object.keys(windows.buckets).length, BUCKETS_MAX);
  assert.equal(windows.slices.length, SLICES_MAX);
  assert.equal(windows.unsliced, BUCKETS_MAX + 50 - SLICES_MAX);
  dropOld(windows, windowRules, 0);
  assert.equal(Object.keys(windows.buckets).length, BUCKETS_MAX);
});
