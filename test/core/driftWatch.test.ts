import assert from "node:assert/strict";
import { test } from "node:test";
import { thresholdsAt } from "../../sidecar/core/drift/assess.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Anomaly } from "../../sidecar/core/rollout/state.ts";
import { eventsOf, QUIET_LOOKS } from "../../sidecar/core/watch/anomalies.ts";
import {
  closeDriftWindow,
  lookAtDrift,
  openDriftWatch,
  watchRow,
} from "../../sidecar/core/watch/driftWatch.ts";
import {
  lookForDrift,
  openWatch,
  type Watch,
  watchRequest,
  watchStateOf,
} from "../../sidecar/core/watch/watch.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { type Random, seeded } from "../support/random.ts";

const HOUR_MS = 3_600_000;

/** As many looks at a window that ends as judging it takes. */
function looksFrom(watch: Watch, going: readonly Anomaly[], nowMs: number) {
  return Array.from({ length: 20 }, () => lookForDrift(watch, going, nowMs)).flat();
}

/** Age and sex, in the order of the reference. */
function person(random: Random, ageShift = 0): readonly [number, string] {
  return [20 + 60 * random.next() + ageShift, random.next() < 0.5 ? "f" : "m"];
}

async function watchedPlan(): Promise<Plan & Required<Pick<Plan, "drift">>> {
  const random = seeded(1);
  const rows = Array.from({ length: 2_000 }, () => person(random));
  return {
    ...planWith([errorRate]),
    drift: {
      reference: await profileOfColumns({
        age: rows.map(([age]) => age),
        sex: rows.map(([, sex]) => sex),
      }),
      features: [],
      windowRows: 500,
      windowMs: HOUR_MS,
      falseAlarmEveryMs: 30 * 24 * HOUR_MS,
      thresholds: thresholdsAt(0.1),
      streams: { adwin: true, pageHinkley: false },
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
  watchRequest(watch, [30]);
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

test("a drift that is certain is told before its window ends, once, and is resolved by windows without it", async () => {
  const plan = await watchedPlan();
  const watch = openWatch(plan, undefined, 0);
  const random = seeded(6);
  for (let row = 0; row < 120; row += 1) {
    watchRequest(watch, person(random, 30));
  }
  const [raised, ...more] = lookForDrift(watch, [], 60_000);
  assert.deepEqual([raised?.kind, raised?.anomaly, more], ["anomaly-raised", "drift age", []]);
  assert.match(raised?.reason ?? "", /^age: PSI is .* \(120 requests\)$/);
  assert.equal(watch.shown.drift, undefined);
  const going = [{ name: "drift age", sinceMs: 60_000, reason: "older" }];
  watchRequest(watch, person(random, 30));
  assert.deepEqual(lookForDrift(watch, going, 120_000), []);
  const events = [1, 2, 3].flatMap((hour) => {
    for (let row = 0; row < 500; row += 1) {
      watchRequest(watch, person(random));
    }
    return looksFrom(watch, going, hour * HOUR_MS).filter(({ anomaly }) => anomaly === "drift age");
  });
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["anomaly-resolved"],
  );
});

test("a window is looked at only where a row came, and not more often than each second", async () => {
  const watch = openDriftWatch((await watchedPlan()).drift, undefined, 0);
  assert.equal(lookAtDrift(watch, HOUR_MS), undefined);
  watchRow(watch, [30, "f"]);
  assert.notEqual(lookAtDrift(watch, HOUR_MS), undefined);
  watchRow(watch, [30, "f"]);
  assert.equal(lookAtDrift(watch, HOUR_MS + 999), undefined);
  assert.notEqual(lookAtDrift(watch, HOUR_MS + 1_000), undefined);
});

test("a stream that changes is an anomaly of its own, told at once and again with its window", async () => {
  const plan = await watchedPlan();
  const watch = openWatch({ ...plan, drift: { ...plan.drift, windowRows: 10_000 } }, undefined, 0);
  const random = seeded(8);
  const minutes = (from: number, shift: number) =>
    Array.from({ length: 15 }, (_, minute) => {
      for (let row = 0; row < 100; row += 1) {
        watchRequest(watch, person(random, shift));
      }
      return lookForDrift(watch, [], (from + minute) * 60_000).map(({ anomaly }) => anomaly);
    }).flat();
  assert.deepEqual(minutes(1, 0), []);
  assert.ok(minutes(16, 10).includes("change of age"));
  looksFrom(watch, [], HOUR_MS);
  assert.deepEqual(
    watch.shown.drift?.changes.map(({ name }) => name),
    ["age"],
  );
});

test("what does not change raises anomalies no more often than the plan says, looked at all the time", async () => {
  const { drift } = await watchedPlan();
  const rules = { ...drift, windowRows: 200, falseAlarmEveryMs: HOUR_MS };
  const random = seeded(9);
  const watch = openDriftWatch(rules, undefined, 0);
  const hours = 20;
  let alarms = 0;
  for (let second = 1; second <= hours * 3_600; second += 1) {
    watchRow(watch, person(random));
    if (second % 10 === 0) {
      const atMs = second * 1_000;
      const early = lookAtDrift(watch, atMs);
      const report = closeDriftWindow(watch, atMs);
      const ended = report?.drift.features.some(({ drifted }) => drifted) === true;
      alarms += (early?.alarms.length ?? 0) > 0 || ended || report?.together?.drifted ? 1 : 0;
      alarms += report?.changes.length ?? 0;
    }
  }
  // At most one an hour; looks at one window that agree are counted each.
  assert.ok(alarms <= hours, `${alarms} alarms in ${hours} hours`);
});
