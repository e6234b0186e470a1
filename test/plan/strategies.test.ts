import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { stepText } from "../../sidecar/core/plan/stepText.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { planTextWith } from "../support/plans.ts";

function parsed(text: string): Plan {
  const result = parsePlan(text);
  assert.equal(result.kind, "plan", JSON.stringify(result));
  assert.ok(result.kind === "plan");
  return result.plan;
}

const onPairs = "{ disagreement: { tolerance: 5% } }";

for (const { strategy, expected, guardrails } of [
  { strategy: "[shadow]", guardrails: onPairs, expected: ["shadow 100%"] },
  {
    strategy: "[shadow, canary]",
    guardrails: onPairs,
    expected: ["shadow 100%", "canary 1%", "canary 5%", "canary 25%", "canary 50%"],
  },
  {
    strategy: "[{ shadow: { percent: 20% } }, { canary: { weights: [10%, 100%] } }]",
    guardrails: onPairs,
    expected: ["shadow 20%", "canary 10%", "canary 100%"],
  },
  {
    strategy: "[blueGreen]",
    expected: ["preview", "switch, kept for 1h"],
    guardrails: "{ tests: {} }",
  },
  {
    strategy: "[shadow, { blueGreen: { approval: true, keepFor: 30m } }]",
    expected: ["shadow 100%", "preview, shadow 100%", "pause for approval", "switch, kept for 30m"],
  },
  {
    strategy: "[shadow, { canary: { weights: [5%] } }, pause, { switch: { keepFor: 10m } }]",
    guardrails: onPairs,
    expected: ["shadow 100%", "canary 5%", "pause for approval", "switch, kept for 10m"],
  },
]) {
  test(`the strategy ${strategy} stands for ${expected.join(", ")}`, () => {
    const { steps } = parsed(planTextWith(`  strategy: ${strategy}`, guardrails));
    assert.deepEqual(steps.map(stepText), expected);
  });
}

test("a strategy means the same as its steps", () => {
  const short = parsed(
    planTextWith(
      "  strategy: [shadow, { blueGreen: { gates: [smoke], minimum: { requests: 9 } } }]",
    ),
  );
  const long = parsed(
    planTextWith(`  steps:
    - shadow: {}
    - preview: { minimum: { requests: 9 }, gates: { after: [smoke] } }
    - switch: {}`),
  );
  assert.deepEqual(short, long);
});

test("what holds a rollout up is read with its units undone, and left out where nothing is said", () => {
  const plan = parsed(
    planTextWith(
      `  strategy: [shadow, canary]
  rollback: { mode: stepped, every: 30s }
  schedule:
    timezone: Europe/Berlin
    windows: [{ from: "09:00", to: "16:30" }, { days: [sun], from: "22:00", to: "02:00" }]
    freezes: [{ from: 2026-12-24, to: 2026-12-27 12:00, reason: holidays }]
  readiness: { candidate: "http://127.0.0.1:8080/ready", every: 1s, failures: 2 }`,
      onPairs,
    ),
  );
  const { rollback, schedule, readiness } = plan;
  assert.deepEqual(rollback, { everyMs: 30_000 });
  assert.deepEqual(schedule, {
    timezone: "Europe/Berlin",
    windows: [
      { days: ["mon", "tue", "wed", "thu", "fri"], fromMinute: 540, toMinute: 990 },
      { days: ["sun"], fromMinute: 1_320, toMinute: 120 },
    ],
    freezes: [
      {
        fromMs: Date.parse("2026-12-24T00:00:00+01:00"),
        toMs: Date.parse("2026-12-27T12:00:00+01:00"),
        reason: "holidays",
      },
    ],
  });
  assert.deepEqual(readiness, {
    candidate: "http://127.0.0.1:8080/ready",
    everyMs: 1_000,
    failures: 2,
  });
  const bare = parsed(planTextWith("  strategy: [shadow]\n  rollback: {}", onPairs));
  assert.deepEqual(
    ["rollback", "schedule", "readiness"].filter((key) => key in bare),
    [],
  );
});
