import assert from "node:assert/strict";
import { test } from "node:test";
import { assessMultivariate } from "../../sidecar/core/drift/multivariate.ts";
import type { DriftRules } from "../../sidecar/core/plan/plan.ts";
import { closeDriftWindow, openDriftWatch, watchRow } from "../../sidecar/core/watch/driftWatch.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { seeded } from "../support/random.ts";
import { watchedPlan } from "../support/watchedRollout.ts";

async function watchedRules(): Promise<DriftRules> {
  const { drift } = await watchedPlan();
  return drift ?? assert.fail();
}

test("a window of many rows is judged over several looks, as it would be in one, while the next one counts", async () => {
  const random = seeded(10);
  const names = Array.from({ length: 12 }, (_, index) => `x${index}`);
  const columns = names.map((name) => [name, Array.from({ length: 500 }, () => random.next())]);
  const reference = await profileOfColumns(Object.fromEntries(columns));
  const drift = await watchedRules();
  const watch = openDriftWatch({ ...drift, reference, windowRows: 1_500 }, undefined, 0);
  const draw = () => names.map(() => random.next());
  for (let row = 0; row < 1_500; row += 1) {
    watchRow(watch, draw());
  }
  const { multivariate, state } = watch;
  const window = state.together ?? assert.fail();
  const atOnce = assessMultivariate(multivariate ?? assert.fail(), window);
  let looks = 1;
  let report = closeDriftWindow(watch, 10_000);
  for (; report === undefined; looks += 1) {
    watchRow(watch, draw());
    report = closeDriftWindow(watch, 10_000 + looks * 100);
  }
  assert.ok(looks > 2 && looks < 20, `${looks} looks`);
  assert.deepEqual([report.rows, report.toMs], [1_500, 10_000]);
  assert.deepEqual(report.together?.mmd, atOnce?.mmd);
  assert.deepEqual(report.together?.classifier, atOnce?.classifier);
  assert.deepEqual([watch.state.counts.rows, watch.state.beganMs], [looks - 1, 10_000]);
});

test("a window lasts a second at least, however many rows come", async () => {
  const watch = openDriftWatch(await watchedRules(), undefined, 0);
  const random = seeded(11);
  for (let row = 0; row < 500; row += 1) {
    watchRow(watch, [20 + 60 * random.next(), "f"]);
  }
  assert.equal(closeDriftWindow(watch, 999), undefined);
  assert.equal(closeDriftWindow(watch, 1_000)?.rows, 500);
});
