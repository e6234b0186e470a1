import assert from "node:assert/strict";
import { test } from "node:test";
import { understudy } from "#proto";
import { printAll, printChange } from "../../sidecar/cli/print.ts";
import { ViewBoard } from "../../sidecar/loop/viewBoard.ts";
import { createMetrics, type Metrics } from "../../sidecar/metrics.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { encodeRollout } from "../../sidecar/server/rolloutCodec.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { WatchedRollout, watchedPlan } from "../support/watchedRollout.ts";

const HOUR_MS = 3_600_000;

function told(view: RolloutView): understudy.v1.Rollout {
  return understudy.v1.Rollout.decode(encodeRollout(view));
}

/** A rollout of which everything is known that can be, with older patients than in the reference. */
async function wholeRollout(): Promise<WatchedRollout> {
  const rollout = new WatchedRollout(await watchedPlan());
  rollout.label(3_000);
  rollout.see(500, { older: 20, seed: 5 });
  return rollout;
}

/** What a scrape has of a metric: its labels and whether its value is a number. */
async function scraped(metrics: Metrics, name: string): Promise<readonly string[]> {
  const lines = (await metrics.registry.metrics()).split("\n");
  return lines
    .filter((line) => line.startsWith(`${name}{`))
    .map((line) => line.slice(name.length).replace(/ \d[\d.e-]*$/, " number"));
}

test("people see anomalies, the drift of the last window, figures by label and estimates", async () => {
  const rollout = await wholeRollout();
  const text = printAll(told(rollout.look(HOUR_MS)));
  for (const line of [
    /^ {2}anomaly since 2026-01-02T04:04:05Z: drift age: PSI is 2\.58, .*\(500 requests\)$/m,
    /^ {2}anomaly since 2026-01-02T04:04:05Z: drift of the dataset: 50% of the features drifted$/m,
    /^ {2}drift in 500 requests, 2026-01-02T03:04:05Z to 2026-01-02T04:04:05Z: 1 of 2 features drifted$/m,
    /^ {4}feature {2}type +n {2}missing {4}PSI {2}by chance {5}KS$/m,
    /^ {4}age +numeric +500 +0 +\d\.\d{3} +\d\.\d{3} +\d\.\d{3} {2}drifted$/m,
    /^ {4}sex +categorical +500 +0 +\d\.\d{3} +\d\.\d{3} +–$/m,
    /^ {4}all together: AUC 0\.\d{3}, drifted$/m,
    /^ {2}by labels +v1 +v2$/m,
    /^ {4}predictions +3000 +3000$/m,
    /^ {4}labelled +2700 \(90%\) +2700 \(90%\)$/m,
    /^ {4}accuracy +0\.6\d\d \(0\.\d{3} to 0\.\d{3}\) +0\.7\d\d \(0\.\d{3} to 0\.\d{3}\)$/m,
    /^ {4}AUC +0\.8\d\d \(0\.8\d\d to 0\.8\d\d\) +0\.8\d\d \(0\.8\d\d to 0\.8\d\d\)$/m,
    /^ {4}calibration error +0\.\d+ +0\.\d+$/m,
    /^ {4}south +0\.\d{3} \(0\.\d{3} to 0\.\d{3}\) of 600 +0\.\d{3} \(0\.\d{3} to 0\.\d{3}\) of 600$/m,
    /^ {2}estimated from scores without labels, 500 predictions of v2 until 2026-01-02T04:04:05Z:\n {4}accuracy 0\.\d{3} \(usually 0\.\d{3} to 0\.\d{3}\), F1 .*, AUC .*$/m,
  ]) {
    assert.match(text, line);
  }
  assert.doesNotMatch(text, /mean error|undefined|NaN/);
});

test("watching names what is odd, and the last day stands apart once there are older predictions", async () => {
  const rollout = await wholeRollout();
  assert.match(
    printChange(told(rollout.look(HOUR_MS))),
    /\n {2}anomalies: drift age, drift of all features together, drift of the dataset$/,
  );
  const later = printAll(told(rollout.look(48 * HOUR_MS)));
  assert.match(later, /^ {2}by labels +v1, last day +v1, in all +v2, last day +v2, in all$/m);
  assert.match(later, /^ {4}predictions +0 +3000 +0 +3000$/m);
});

test("where nothing is watched nothing is told", () => {
  const view = new WatchedRollout(planWith([errorRate])).look(HOUR_MS);
  const { anomalies, drift, performance } = told(view);
  assert.deepEqual([anomalies, drift ?? undefined, performance], [[], undefined, []]);
  assert.doesNotMatch(printAll(told(view)), /anomal|drift|label|estimate/);
});

test("a scrape tells what is known, and nothing of what is not known any more", async () => {
  const rollout = await wholeRollout();
  const metrics = createMetrics();
  const board = new ViewBoard(metrics);
  board.publish(rollout.look(HOUR_MS));
  const of = 'rollout="test"';
  assert.deepEqual(await scraped(metrics, "understudy_anomalies"), [`{${of}} number`]);
  assert.deepEqual(await scraped(metrics, "understudy_drift_psi"), [
    `{${of},feature="age"} number`,
    `{${of},feature="sex"} number`,
  ]);
  const shown = ["accuracy", "precision", "recall", "f1", "auc", "average_precision", "brier"];
  assert.deepEqual(
    await scraped(metrics, "understudy_performance"),
    ["primary", "candidate"].flatMap((variant) =>
      [...shown, "log_loss", "ece"].map(
        (metric) => `{${of},variant="${variant}",metric="${metric}"} number`,
      ),
    ),
  );
  assert.equal((await scraped(metrics, "understudy_label_coverage")).length, 2);
  assert.equal((await scraped(metrics, "understudy_estimated_performance")).length, 6);
  board.publish(rollout.look(48 * HOUR_MS));
  assert.deepEqual(await scraped(metrics, "understudy_performance"), []);
  board.publish(new WatchedRollout(planWith([errorRate])).look(HOUR_MS));
  assert.deepEqual(await scraped(metrics, "understudy_drift_psi"), []);
  assert.deepEqual(await scraped(metrics, "understudy_anomalies"), []);
});
