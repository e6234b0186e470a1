import assert from "node:assert/strict";
import { test } from "node:test";
import {
  addExpected,
  estimatedOf,
  isUnusual,
  noExpected,
} from "../../sidecar/core/performance/cbpe.ts";
import { estimateReference } from "../../sidecar/core/performance/cbpeReference.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import { performanceOf } from "../../sidecar/core/performance/performance.ts";
import { UNIT_EDGES } from "../../sidecar/core/performance/scoreBins.ts";
import {
  performanceWindows,
  startPerformanceWatch,
  watchMatured,
} from "../../sidecar/core/performance/watch.ts";
import { sumOver } from "../../sidecar/core/performance/windows.ts";
import { seeded } from "../support/random.ts";

const rules = { missing: "exclude" as const, positive: "yes", edges: UNIT_EDGES };
const nowMs = 1_700_000_000_000;

/** Pairs of which the primary is wrong in a share, and the candidate in one share until the middle, in another one after. */
function pairs(count: number, wrong: { primary: number; until: number; after: number }) {
  const random = seeded(count);
  return Array.from({ length: count }, (_, place): MaturedCase => {
    const atMs = nowMs - count + place;
    const share = place < count / 2 ? wrong.until : wrong.after;
    const said = (share: number, version: string) => ({
      version,
      atMs,
      label: random.next() < share ? "no" : "yes",
      slice: place % 3 === 0 ? "third" : "others",
    });
    const predictions = { primary: said(wrong.primary, "v1"), candidate: said(share, "v2") };
    return { id: `r${place}`, atMs, label: place % 10 === 9 ? undefined : "yes", predictions };
  });
}

test("a change of a variant's errors is told once, with what it was and is", () => {
  const watch = startPerformanceWatch(rules);
  const cases = pairs(4_000, { primary: 0.1, until: 0.1, after: 0.4 });
  const changes = watchMatured(watch, rules, { cases, nowMs });
  assert.deepEqual(
    changes.map(({ variant }) => variant),
    ["candidate"],
  );
  const [change] = changes;
  assert(change !== undefined && change.before < 0.15 && change.after > 1.5 * change.before);
  assert(change.atMs >= nowMs - 2_000 && change.atMs < nowMs - 1_500, `${nowMs - change.atMs}`);
});

test("without a change there is no alarm, and the labelled predictions are counted everywhere once", () => {
  const watch = startPerformanceWatch(rules);
  const cases = pairs(3_000, { primary: 0.1, until: 0.1, after: 0.1 });
  const halves = [cases.slice(0, 1_500), cases.slice(1_500)];
  for (const half of halves) {
    assert.deepEqual(watchMatured(watch, rules, { cases: half, nowMs }), []);
  }
  const span = { fromMs: 0, toMs: nowMs + 1, variant: "candidate" as const };
  const matured = (slice?: string) =>
    sumOver(watch.windows, performanceWindows(rules), { ...span, slice }).matured;
  assert.deepEqual([matured(), matured("third"), matured("others")], [3_000, 1_000, 2_000]);
  const figures = performanceOf(watch.total.candidate, { positive: "yes", alpha: 0.05 });
  assert.deepEqual([figures.matured, figures.labelled, figures.coverage], [3_000, 2_700, 0.9]);
  assert(Math.abs((figures.accuracy?.value ?? 0) - 0.9) < 0.03);
  const stored: typeof watch = JSON.parse(JSON.stringify(watch));
  assert.deepEqual(stored, watch);
});

test("a day of predictions of 60 slices and any scores and classes is a few megabytes", () => {
  const watch = startPerformanceWatch(rules);
  const random = seeded(60);
  const cases = Array.from({ length: 60_000 }, (_, place): MaturedCase => {
    const atMs = nowMs - Math.floor(random.next() * 86_400_000);
    const said = (version: string) => ({
      version,
      atMs,
      label: `class ${Math.floor(random.next() * 200)}`,
      score: random.next(),
      slice: `slice ${place % 60}`,
    });
    const predictions = { primary: said("v1"), candidate: said("v2") };
    return { id: `r${place}`, atMs, label: `class ${place % 200}`, predictions };
  });
  watchMatured(watch, rules, { cases, nowMs });
  const bytes = JSON.stringify(watch).length;
  assert(bytes < 6e6, `${bytes}`);
});

test("a variant that was not asked has no figures", () => {
  const watch = startPerformanceWatch(rules);
  const predictions = { candidate: { version: "v2", atMs: nowMs, label: "yes" } };
  watchMatured(watch, rules, {
    cases: [{ id: "r", atMs: nowMs, label: "yes", predictions }],
    nowMs,
  });
  assert.deepEqual([watch.total.primary.matured, watch.total.candidate.matured], [0, 1]);
});

test("estimates of windows like the reference are within its limits, and of ones less sure below", () => {
  const random = seeded(7);
  const draw = (sureness: number) => {
    const score = 0.5 + (random.next() - 0.5) * sureness;
    return { score, predicted: score >= 0.5, positive: random.next() < score };
  };
  const reference = estimateReference(
    Array.from({ length: 10_050 }, () => draw(1)),
    500,
  );
  const { accuracy, f1, auc } = reference.limits;
  assert(accuracy !== undefined && f1 !== undefined && auc !== undefined);
  const estimateOf = (sureness: number) => {
    const expected = noExpected();
    for (let row = 0; row < 500; row += 1) {
      const { score, predicted } = draw(sureness);
      addExpected(expected, reference, { score, positive: predicted });
    }
    const estimated = estimatedOf(expected);
    assert(estimated !== undefined);
    return estimated;
  };
  const [same, unsure] = [estimateOf(1), estimateOf(0.3)];
  for (const [limits, like, below] of [
    [accuracy, same.accuracy, unsure.accuracy],
    [f1, same.f1, unsure.f1],
    [auc, same.auc?.value, unsure.auc?.value],
  ] as const) {
    assert.equal(isUnusual(like ?? Number.NaN, limits), false);
    assert.equal(isUnusual(below ?? Number.NaN, limits), true);
  }
  assert.equal(estimateReference([], 500).limits.f1, undefined);
});
