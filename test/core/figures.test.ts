import assert from "node:assert/strict";
import { test } from "node:test";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import { measuredOf } from "../../sidecar/core/performance/measured.ts";
import { addMatured, noPerformance } from "../../sidecar/core/performance/performance.ts";
import { UNIT_EDGES } from "../../sidecar/core/performance/scoreBins.ts";
import type { Guardrail, LabelMetric, Plan } from "../../sidecar/core/plan/plan.ts";
import type { Anomaly } from "../../sidecar/core/rollout/state.ts";
import { DAY_MS, type VariantFigures } from "../../sidecar/core/watch/figures.ts";
import {
  lookAtFigures,
  openWatch,
  type Watch,
  watchCases,
  watchStateOf,
} from "../../sidecar/core/watch/watch.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const NOW_MS = 1_700_000_000_000;
const HORIZON_MS = 3 * DAY_MS;
const floor: Guardrail = {
  name: "performance",
  kind: "performance",
  metric: "f1",
  floor: 0.8,
  tolerance: 1 / 3,
  weight: 1,
  dryRun: false,
};
const plan: Plan = {
  ...planWith([errorRate, floor]),
  labels: { horizonMs: HORIZON_MS, missing: "exclude", coverage: 0.8, positive: "yes" },
};

/** Requests that came of age at a time, all truly "yes", of which the candidate misses every `missEvery`-th. */
function casesAt(nowMs: number, count: number, missEvery: number): readonly MaturedCase[] {
  const atMs = nowMs - HORIZON_MS;
  return Array.from({ length: count }, (_, place) => {
    const said = (label: string) => ({ version: "v", atMs, label, score: 0.7, slice: "north" });
    const predictions = {
      primary: said("yes"),
      candidate: said(place % missEvery === 0 ? "no" : "yes"),
    };
    return { id: `r${place}`, atMs, label: "yes", predictions };
  });
}

function look(watch: Watch, nowMs: number, anomalies: readonly Anomaly[] = []) {
  return lookAtFigures(watch, anomalies, { nowMs, isPromoted: true });
}

function shownOf({ shown }: Watch): readonly VariantFigures[] {
  return shown.performance ?? [];
}

test("each metric is known by its own events, and its interval holds its value", () => {
  const rules = { missing: "exclude", positive: "yes", edges: UNIT_EDGES } as const;
  const performance = noPerformance("whole", rules);
  const seen = { "yes yes": 30, "yes no": 10, "no yes": 20, "no no": 40 };
  for (const [said, count] of Object.entries(seen)) {
    const [label = "", predicted = ""] = said.split(" ");
    for (let index = 0; index < count; index += 1) {
      const prediction = { version: "v", atMs: 0, label: predicted };
      addMatured(performance, rules, { prediction, label });
    }
  }
  const expected: Readonly<Record<LabelMetric, readonly [number, number]>> = {
    accuracy: [0.7, 100],
    precision: [0.6, 50],
    recall: [0.75, 40],
    f1: [60 / 90, 60],
  };
  for (const metric of ["accuracy", "precision", "recall", "f1"] as const) {
    const measured = measuredOf(performance, metric, { ...rules, alpha: 0.05 });
    const [value, n] = expected[metric];
    assert(measured !== undefined);
    assert.equal(measured.n, n);
    assert(Math.abs(measured.value - value) < 1e-12, metric);
    assert(measured.from < value && value < measured.to, metric);
  }
  const nothing = noPerformance("whole", rules);
  assert.equal(measuredOf(nothing, "recall", { ...rules, alpha: 0.05 }), undefined);
});

test("figures are of each variant in all and over the last day that matured, with its slices, and are computed now and then", () => {
  const watch = openWatch(plan, undefined, NOW_MS);
  assert.deepEqual(shownOf(watch), []);
  watchCases(watch, { cases: casesAt(NOW_MS, 100, 4), anomalies: [] }, NOW_MS);
  look(watch, NOW_MS + 1);
  assert.deepEqual(shownOf(watch), []);
  look(watch, NOW_MS + 5_000);
  const [primary, candidate] = shownOf(watch);
  assert.equal(primary?.day.metrics.f1?.value, 1);
  assert.equal(candidate?.variant, "candidate");
  assert.equal(candidate?.day.matured, 100);
  assert.equal(candidate?.day.metrics.recall?.value, 0.75);
  assert.equal(candidate?.slices[0]?.figures.metrics.accuracy?.value, 0.75);
  assert.equal(candidate?.slices[0]?.figures.calibration, undefined);
  const shown = watch.shown;
  look(watch, NOW_MS + 6_000);
  assert.equal(watch.shown, shown);
  look(watch, NOW_MS + 2 * DAY_MS);
  const later = shownOf(watch)[1];
  assert.deepEqual([later?.total.matured, later?.day.matured], [100, 0]);
  const again = openWatch(plan, JSON.parse(JSON.stringify(watchStateOf(watch))), NOW_MS);
  look(again, NOW_MS + 5_000);
  assert.deepEqual(again.shown, shown);
});

test("a promoted candidate below its floor with confidence is an anomaly until the value is back", () => {
  const watch = openWatch(plan, undefined, NOW_MS);
  watchCases(watch, { cases: casesAt(NOW_MS, 20, 2), anomalies: [] }, NOW_MS);
  assert.deepEqual(look(watch, NOW_MS + 5_000), [], "20 requests are too few to be sure");
  watchCases(watch, { cases: casesAt(NOW_MS, 1_000, 2), anomalies: [] }, NOW_MS);
  const [raised] = look(watch, NOW_MS + 5_000);
  assert.equal(raised?.anomaly, "f1 of v2");
  assert.match(
    raised?.reason ?? "",
    /^f1 of v2 was 0\.667 over a day, at most 0\.7\d* with 95% confidence: below its floor of 0\.8$/,
  );
  const going = [{ name: "f1 of v2", sinceMs: 1, reason: "low" }];
  const laterMs = NOW_MS + 2 * DAY_MS;
  const looks = [laterMs, laterMs + DAY_MS].flatMap((nowMs) => look(watch, nowMs, going));
  assert.deepEqual(looks, [], "without a label nothing is over");
  const backMs = laterMs + 2 * DAY_MS;
  const ended = [0, 1, 2].flatMap((place) => {
    const nowMs = backMs + place * 10_000;
    watchCases(watch, { cases: casesAt(nowMs, 100, 50), anomalies: [] }, nowMs);
    return look(watch, nowMs + 5_000, going.slice(place < 2 ? 0 : 1));
  });
  assert.deepEqual(
    ended.map(({ kind }) => kind),
    ["anomaly-resolved"],
  );
});

test("a promoted candidate whose labels fail to come is an anomaly, with confidence, until enough of them come again", () => {
  const watch = openWatch(plan, undefined, NOW_MS);
  const labelled = (nowMs: number, count: number, every: number) =>
    casesAt(nowMs, count, 1_000).map((one, place) =>
      place % every === 0 ? one : { ...one, label: undefined },
    );
  watchCases(watch, { cases: labelled(NOW_MS, 6, 2), anomalies: [] }, NOW_MS);
  assert.deepEqual(look(watch, NOW_MS + 5_000), [], "3 of 6 may be chance");
  watchCases(watch, { cases: labelled(NOW_MS, 400, 2), anomalies: [] }, NOW_MS);
  const [raised, ...others] = look(watch, NOW_MS + 10_000);
  assert.deepEqual(others, []);
  assert.equal(raised?.anomaly, "coverage of v2");
  assert.equal(
    raised?.reason,
    "203 of 406 predictions of v2 that came of age in a day have a label, 50%: at least 80% are asked for",
  );
  const going = [{ name: "coverage of v2", sinceMs: 1, reason: "low" }];
  const laterMs = NOW_MS + 2 * DAY_MS;
  assert.deepEqual(look(watch, laterMs, going), [], "without a prediction nothing is over");
  const ended = [0, 1].flatMap((place) => {
    const nowMs = laterMs + DAY_MS + place * 10_000;
    watchCases(watch, { cases: labelled(nowMs, 200, 1), anomalies: [] }, nowMs);
    return look(watch, nowMs + 5_000, going);
  });
  assert.deepEqual(
    ended.map(({ kind }) => kind),
    ["anomaly-resolved"],
  );
});

test("where a missing label means something, or nobody was promoted, coverage is no anomaly", () => {
  const labels = { horizonMs: HORIZON_MS, coverage: 0.8, positive: "yes" } as const;
  for (const [missing, isPromoted] of [["negative", true] as const, ["exclude", false] as const]) {
    const watch = openWatch(
      { ...planWith([errorRate]), labels: { ...labels, missing } },
      undefined,
      NOW_MS,
    );
    const cases = casesAt(NOW_MS, 400, 1_000).map((one) => ({ ...one, label: undefined }));
    watchCases(watch, { cases, anomalies: [] }, NOW_MS);
    const events = lookAtFigures(watch, [], { nowMs: NOW_MS + 5_000, isPromoted });
    assert.deepEqual(events, []);
  }
});

test("before promotion floors are for the guardrails to judge", () => {
  const watch = openWatch(plan, undefined, NOW_MS);
  watchCases(watch, { cases: casesAt(NOW_MS, 1_000, 2), anomalies: [] }, NOW_MS);
  const events = lookAtFigures(watch, [], { nowMs: NOW_MS + 5_000, isPromoted: false });
  assert.deepEqual(events, []);
});
