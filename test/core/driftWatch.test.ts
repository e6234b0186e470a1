import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Anomaly } from "../../sidecar/core/rollout/state.ts";
import { eventsOf, QUIET_LOOKS } from "../../sidecar/core/watch/anomalies.ts";
import {
  lookForDrift,
  openWatch,
  watchRequest,
  watchStateOf,
} from "../../sidecar/core/watch/watch.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { type Random, seeded } from "../support/random.ts";

const HOUR_MS = 3_600_000;

function person(random: Random, ageShift = 0): { readonly age: number; readonly sex: string } {
  return {
    age: 20 + 60 * random.next() + ageShift,
    sex: random.next() < 0.5 ? "f" : "m",
  };
}

async function watchedPlan(): Promise<Plan & Required<Pick<Plan, "drift">>> {
  const random = seeded(1);
  const rows = Array.from({ length: 2_000 }, () => person(random));
  return {
    ...planWith([errorRate]),
    drift: {
      reference: await profileOfColumns({
        age: rows.map(({ age }) => age),
        sex: rows.map(({ sex }) => sex),
      }),
      features: [],
      windowRows: 500,
      windowMs: HOUR_MS,
      falseAlarmEveryMs: 30 * 24 * HOUR_MS,
    },
  };
}

test("a window like the reference raises nothing, and one that shifted an anomaly for each feature that did", async () => {
  const watch = openWatch(await watchedPlan(), undefined, 0);
  const random = seeded(2);
  for (let row = 0; row < 500; row += 1) {
    watchRequest(watch, person(random));
  }
  assert.deepEqual(lookForDrift(watch, [], HOUR_MS), []);
  assert.equal(watch.shown.drift?.rows, 500);
  for (let row = 0; row < 500; row += 1) {
    watchRequest(watch, person(random, 15));
  }
  const events = lookForDrift(watch, [], 2 * HOUR_MS);
  assert.deepEqual(events.map(({ kind, anomaly }) => [kind, anomaly]).slice(0, 1), [
    ["anomaly-raised", "drift age"],
  ]);
  assert.ok(!events.some(({ anomaly }) => anomaly === "drift sex"));
  assert.match(events[0]?.reason ?? "", /^age: .*\(500 requests\)$/);
});

test("a window that is neither full nor old goes on, and an old one ends only with enough rows", async () => {
  const plan = await watchedPlan();
  const watch = openWatch(plan, undefined, 0);
  const random = seeded(3);
  for (let row = 0; row < 49; row += 1) {
    watchRequest(watch, person(random));
  }
  lookForDrift(watch, [], HOUR_MS);
  assert.equal(watchStateOf(watch).report, undefined);
  watchRequest(watch, person(random));
  lookForDrift(watch, [], HOUR_MS - 1);
  assert.equal(watchStateOf(watch).report, undefined);
  lookForDrift(watch, [], HOUR_MS);
  assert.equal(watchStateOf(watch).report?.rows, 50);
});

test("a watch goes on from what was stored as if it had not been interrupted", async () => {
  const plan = await watchedPlan();
  const [whole, before] = [openWatch(plan, undefined, 0), openWatch(plan, undefined, 0)];
  const random = seeded(4);
  const rows = Array.from({ length: 500 }, () => person(random, 10));
  for (const row of rows.slice(0, 200)) {
    watchRequest(before, row);
  }
  const after = openWatch(plan, JSON.parse(JSON.stringify(watchStateOf(before))), 1_000);
  for (const row of rows) {
    watchRequest(whole, row);
  }
  for (const row of rows.slice(200)) {
    watchRequest(after, row);
  }
  assert.deepEqual(lookForDrift(after, [], HOUR_MS), lookForDrift(whole, [], HOUR_MS));
  assert.deepEqual(after.shown.drift, whole.shown.drift);
});

test("what was stored for another reference is left alone", async () => {
  const plan = await watchedPlan();
  const watch = openWatch(plan, undefined, 0);
  watchRequest(watch, { age: 30 });
  const reference = { ...plan.drift.reference, hash: "other" };
  const other = { ...plan, drift: { ...plan.drift, reference } };
  const again = openWatch(other, watchStateOf(watch), 5);
  assert.equal(again.drift?.state.counts.rows, 0);
  assert.equal(again.drift?.state.beganMs, 5);
});

test("an anomaly is raised once, and resolved after it was not found a few times in a row", () => {
  const isAbout = (name: string): boolean => name.startsWith("drift ");
  const found = { isAbout, findings: [{ name: "drift age", reason: "older" }] };
  const quietLook = { isAbout, findings: [] };
  const going: Anomaly = { name: "drift age", sinceMs: 1, reason: "older" };
  const other: Anomaly = { name: "errors of v2", sinceMs: 1, reason: "more" };
  const first = eventsOf(found, { anomalies: [other], quiet: {} }, 2);
  assert.deepEqual(
    first.events.map(({ kind }) => kind),
    ["anomaly-raised"],
  );
  let before = { anomalies: [going, other], quiet: first.quiet };
  assert.deepEqual(eventsOf(found, before, 3).events, []);
  for (let look = 1; look < QUIET_LOOKS; look += 1) {
    const quiet = eventsOf(quietLook, before, 4);
    assert.deepEqual(quiet.events, []);
    before = { ...before, quiet: quiet.quiet };
  }
  const last = eventsOf(quietLook, before, 5);
  assert.deepEqual(
    last.events.map(({ kind, anomaly }) => [kind, anomaly]),
    [["anomaly-resolved", "drift age"]],
  );
  assert.deepEqual(last.quiet, {});
});
