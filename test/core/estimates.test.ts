import assert from "node:assert/strict";
import { test } from "node:test";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { Prediction } from "../../sidecar/core/performance/prediction.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import {
  CALIBRATED_ON,
  estimatesOf,
  WINDOW_MS,
  WINDOW_ROWS,
} from "../../sidecar/core/watch/estimates.ts";
import {
  lookAtEstimates,
  openWatch,
  type Watch,
  watchCases,
  watchPredictions,
  watchStateOf,
} from "../../sidecar/core/watch/watch.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { type Random, seeded } from "../support/random.ts";

const labels = { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "yes" } as const;
const plan: Plan = { ...planWith([errorRate]), labels };

/** A prediction that is as sure as it is right; `sureness` 1 is any chance, 0 always one half. */
function draw(random: Random, sureness: number) {
  const score = 0.5 + (random.next() - 0.5) * sureness;
  return { score, label: score >= 0.5 ? "yes" : "no", truth: random.next() < score ? "yes" : "no" };
}

function labelled(count: number, seed: number): readonly MaturedCase[] {
  const random = seeded(seed);
  return Array.from({ length: count }, (_, place) => {
    const { score, label, truth } = draw(random, 1);
    const predictions = { candidate: { version: "v2", atMs: place, label, score } };
    return { id: `r${place}`, atMs: place, label: truth, predictions };
  });
}

function predict(watch: Watch, count: number, given: { seed: number; sureness: number }): void {
  const random = seeded(given.seed);
  const predictions = Array.from({ length: count }, (_, place): Prediction => {
    const { score, label } = draw(random, given.sureness);
    const of = { rollout: "test", variant: "candidate", version: "v2" } as const;
    return { ...of, id: `p${place}`, atMs: place, label, score };
  });
  watchPredictions(watch, predictions);
}

function calibrated(): Watch {
  const watch = openWatch(plan, undefined, 0);
  watchCases(watch, { cases: labelled(CALIBRATED_ON, 1), anomalies: [] }, 5_000);
  return watch;
}

function look(watch: Watch, nowMs: number) {
  return lookAtEstimates(watch, "candidate", { anomalies: [], nowMs });
}

test("nothing is estimated before enough labelled predictions have a score", () => {
  const watch = openWatch(plan, undefined, 0);
  watchCases(watch, { cases: labelled(CALIBRATED_ON - 1, 1), anomalies: [] }, 5_000);
  predict(watch, WINDOW_ROWS, { seed: 2, sureness: 1 });
  assert.deepEqual(look(watch, 5_000 + WINDOW_MS), []);
  assert.deepEqual(watch.shown.estimates, {});
});

test("predictions as sure as before are as usual, and less sure ones an anomaly of each figure", () => {
  const watch = calibrated();
  predict(watch, WINDOW_ROWS, { seed: 2, sureness: 1 });
  assert.deepEqual(look(watch, 5_000 + WINDOW_MS - 1), [], "a window lasts a while");
  assert.deepEqual(watch.shown.estimates, {});
  assert.deepEqual(look(watch, 5_000 + WINDOW_MS), []);
  const figures = watch.shown.estimates.candidate?.figures;
  assert.equal(figures?.kind, "estimated");
  assert(Math.abs((figures?.accuracy ?? 0) - 0.75) < 0.05, `${figures?.accuracy}`);
  predict(watch, WINDOW_ROWS, { seed: 3, sureness: 0.2 });
  const events = look(watch, 5_000 + 2 * WINDOW_MS);
  assert.deepEqual(
    events.map(({ kind, anomaly }) => [kind, anomaly]),
    [
      ["anomaly-raised", "estimated accuracy of v2"],
      ["anomaly-raised", "estimated f1 of v2"],
      ["anomaly-raised", "estimated auc of v2"],
    ],
  );
  assert.match(
    events[0]?.reason ?? "",
    /^estimated accuracy of v2, from scores without labels, is 0\.\d+: below the usual 0\.\d+ to 0\.\d+$/,
  );
});

test("a figure that scores do not tell right of the reference itself is not estimated", () => {
  const watch = openWatch(plan, undefined, 0);
  const alwaysRight = labelled(CALIBRATED_ON, 1).map((each) => {
    const { score = 0 } = each.predictions.candidate ?? {};
    const said = { version: "v2", atMs: each.atMs, label: String(each.label), score };
    return { ...each, predictions: { candidate: said } };
  });
  watchCases(watch, { cases: alwaysRight, anomalies: [] }, 5_000);
  predict(watch, WINDOW_ROWS, { seed: 2, sureness: 1 });
  assert.deepEqual(look(watch, 5_000 + WINDOW_MS), []);
  const found = watch.shown.estimates.candidate;
  assert.deepEqual(found && estimatesOf(found).map(({ name }) => name), ["auc"]);
});

test("windows like the reference are hardly ever unusual", () => {
  const watch = calibrated();
  let raised = 0;
  for (let window = 1; window <= 300; window += 1) {
    predict(watch, WINDOW_ROWS, { seed: 100 + window, sureness: 1 });
    raised += look(watch, 5_000 + window * WINDOW_MS).length;
  }
  assert(raised <= 3, `${raised} of 900`);
});

test("estimates go on from what was stored as if they had not been interrupted, and stay small", () => {
  const [whole, first] = [calibrated(), openWatch(plan, undefined, 0)];
  const cases = labelled(CALIBRATED_ON, 1);
  const restarted = (watch: Watch): Watch => {
    const stored = JSON.stringify(watchStateOf(watch));
    assert(stored.length < 100_000, `${stored.length}`);
    return openWatch(plan, JSON.parse(stored), 60_000);
  };
  watchCases(first, { cases: cases.slice(0, 700), anomalies: [] }, 4_000);
  const second = restarted(first);
  watchCases(second, { cases: cases.slice(700), anomalies: [] }, 5_000);
  predict(second, 150, { seed: 8, sureness: 0.5 });
  const third = restarted(second);
  predict(third, 150, { seed: 9, sureness: 0.5 });
  predict(whole, 150, { seed: 8, sureness: 0.5 });
  predict(whole, 150, { seed: 9, sureness: 0.5 });
  assert.deepEqual(look(third, 70_000), look(whole, 70_000));
  assert.deepEqual(third.shown.estimates, whole.shown.estimates);
  assert.deepEqual(restarted(third).shown.estimates, third.shown.estimates);
});

test("predictions of numbers, and those without a score, are not estimated", () => {
  const numbers = openWatch({ ...plan, labels: { ...labels, within: 1 } }, undefined, 0);
  watchCases(numbers, { cases: labelled(CALIBRATED_ON, 1), anomalies: [] }, 5_000);
  assert.equal(numbers.estimates?.candidate.reference, undefined);
  const watch = calibrated();
  assert.equal(watch.estimates?.primary.reference, undefined);
});
