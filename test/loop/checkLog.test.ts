import assert from "node:assert/strict";
import { test } from "node:test";
import { CheckLog } from "../../sidecar/loop/checkLog.ts";
import { manualClock } from "../support/clock.ts";
import { LoopHarness } from "../support/loopHarness.ts";
import { WatchedRollout, watchedPlan } from "../support/watchedRollout.ts";

type Line = Readonly<Record<string, unknown>>;

/** A log of checks, and the lines in it. */
function checkLog() {
  const lines: (Line & { readonly level: string })[] = [];
  const clock = manualClock();
  const at = (level: string) => (fields: object) => {
    lines.push({ level, ...fields });
  };
  const log = { info: at("info"), warn: at("warn"), error: at("error") };
  return { clock, lines, checks: new CheckLog({ clock, log }) };
}

const outcomes = (harness: LoopHarness): readonly unknown[] =>
  harness.logged
    .filter(({ message }) => message === "checked")
    .map(({ fields }) => Object.fromEntries(Object.entries(fields)).outcome);

test("guardrails that are judged write when they pass, each of them named", async () => {
  const harness = new LoopHarness();
  await harness.start();
  await harness.turnUntil(({ state }) => state.stepIndex === 1);
  assert.ok(outcomes(harness).includes("success"));
  const [line] = harness.logged
    .filter(({ message }) => message === "checked")
    .map(({ fields }): Line => Object.fromEntries(Object.entries(fields)));
  assert.equal(line?.check, "guardrails");
  assert.deepEqual(Object.keys(line?.guardrails ?? {}), ["errorRate", "disagreement"]);
});

test("the same outcome is written at most once a minute, however often evidence comes", async () => {
  const harness = new LoopHarness();
  const view = await harness.start();
  const { checks, clock, lines } = checkLog();
  for (let seconds = 0; seconds < 180; seconds += 1) {
    checks.note({ ...view, verdict: { ...view.verdict } });
    clock.advance(1_000);
  }
  assert.equal(lines.length, 3);
  checks.note({ ...view, verdict: { ...view.verdict, judgement: "fail" } });
  assert.deepEqual(
    lines.slice(3).map(({ level, outcome }) => [level, outcome]),
    [["warn", "issue"]],
  );
});

test("every window of drift writes what it came to, and labels and estimates too; what was known before is not written again", async () => {
  const rollout = new WatchedRollout(await watchedPlan());
  const { checks, lines } = checkLog();
  checks.note(rollout.look(0));
  rollout.see(600, { older: 0, seed: 3 });
  rollout.label(100);
  checks.note(rollout.look(3_600_001));
  rollout.see(600, { older: 30, seed: 4 });
  const last = rollout.look(7_200_002);
  checks.note(last);
  checks.note(last);
  const drift = lines.filter(({ check }) => check === "drift");
  assert.deepEqual(
    drift.map(({ level, outcome }) => [level, outcome]),
    [
      ["info", "success"],
      ["warn", "issue"],
    ],
  );
  assert.match(String(drift[1]?.why), /age/);
  const labels = lines.filter(({ check }) => check === "labels of candidate");
  assert.equal(labels[0]?.outcome, "success");
  const restarted = checkLog();
  restarted.checks.note(last);
  assert.deepEqual(restarted.lines, []);
});
