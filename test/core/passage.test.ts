import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Schedule } from "../../sidecar/core/plan/schedule.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import { refusal } from "../../sidecar/core/rollout/command.ts";
import { dueGate } from "../../sidecar/core/rollout/dueGate.ts";
import { holdOf } from "../../sidecar/core/rollout/hold.ts";
import { closedBy } from "../../sidecar/core/rollout/openness.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { type Moment, play, type Turn, verdictOf } from "../support/turns.ts";

const minimum = { pairs: 0, requests: 0, timeMs: 0 };
const canary = (candidateBp: number): Step => ({
  kind: "canary",
  candidateBp,
  shadowBp: 0,
  minimum,
});
const planOf = (steps: readonly Step[], rest: Partial<Plan> = {}): Plan => ({
  ...planWith([errorRate]),
  steps,
  ...rest,
});
const pass: Turn = { passedMs: 1_000, judgement: "pass", gate: "pass" };
const wait: Turn = { passedMs: 1_000 };

const weightsOf = (plan: Plan, moments: readonly Moment[]): readonly number[] =>
  moments.map(({ after }) => trafficOf(plan, after).candidateBp);
const kindsOf = (moments: readonly Moment[]): readonly (string | undefined)[] =>
  moments.map(({ event }) => event?.kind);

const stepped = planOf([canary(100), canary(500), canary(2_500), canary(5_000)], {
  rollback: { everyMs: 2_000 },
});

test("a stepped rollback goes down the weights that it came up, each for its time", () => {
  const { moments } = play(stepped, [pass, pass, { judgement: "fail" }, ...Array(6).fill(wait)]);
  assert.deepEqual(weightsOf(stepped, moments), [500, 2_500, 500, 500, 100, 100, 0, 0, 0]);
  assert.equal(moments.at(-1)?.after.phase, "rolled-back");
  assert.equal(moments.at(-1)?.after.reason, "it is fail");
});

test("a breaker that trips and somebody's second rollback end a stepped rollback at once", () => {
  for (const hurry of [{ judgement: "fail", isTripped: true }, { command: "rollback" }] as const) {
    const { moments } = play(stepped, [pass, pass, { judgement: "fail" }, hurry]);
    assert.deepEqual(weightsOf(stepped, moments), [500, 2_500, 500, 0]);
  }
});

test("what is not stepped goes back at once, also from a switch", () => {
  const plan = planOf([canary(500), { kind: "switch", keepForMs: 5_000, shadowBp: 0 }]);
  const { moments } = play(plan, [pass, wait, { judgement: "fail" }]);
  assert.deepEqual(weightsOf(plan, moments), [10_000, 10_000, 0]);
  const steps = play({ ...plan, rollback: { everyMs: 1_000 } }, [pass, { judgement: "fail" }]);
  assert.deepEqual(weightsOf(plan, steps.moments), [10_000, 500]);
});

test("a rollback waits for nobody but a primary that is not ready while the candidate is", () => {
  const held = { primary: "v1 is not ready: answered 503" };
  const plan = planOf([canary(500), canary(5_000)]);
  const failing: Turn = { judgement: "fail", unready: held };
  const { moments } = play(plan, [failing, failing, { judgement: "fail" }]);
  assert.deepEqual(kindsOf(moments), [undefined, undefined, "rolled-back"]);
  const asked = play(plan, [failing, { ...failing, command: "rollback" }]);
  assert.deepEqual(kindsOf(asked.moments), [undefined, "rolled-back"]);
  const both = play(plan, [{ ...failing, unready: { ...held, candidate: "v2 is not ready" } }]);
  assert.deepEqual(kindsOf(both.moments), ["rolled-back"]);
});

test("a switch keeps the primary for its time, and is neither promoted before nor overdue", () => {
  const plan = planOf([canary(500), { kind: "switch", keepForMs: 3_000, shadowBp: 0 }], {
    maximum: { timeMs: 1_500, outcome: "rollback" },
  });
  const { moments } = play(plan, [pass, pass, pass, pass]);
  assert.deepEqual(kindsOf(moments), ["step-advanced", undefined, undefined, "promoted"]);
  assert.equal(moments.at(-1)?.after.reason, "kept for 3s after the switch, and nothing failed");
});

test("a pause keeps the traffic of the step before it, and one at the beginning sends none", () => {
  const plan = planOf([
    { kind: "pause", approval: false, forMs: 1_000 },
    canary(500),
    { kind: "pause", approval: true },
    canary(5_000),
  ]);
  const { moments } = play(plan, [
    { judgement: "pass" },
    ...[pass, pass, pass],
    { command: "approve", judgement: "pass" },
  ]);
  assert.deepEqual(weightsOf(plan, moments), [0, 500, 500, 500, 5_000]);
});

const gated = planOf(
  [canary(500), { ...canary(5_000), gates: { before: ["smoke", "load"], after: [] } }],
  {},
);

test("gates are asked one after the other, and a gate that holds is asked again under another id once somebody resumes", () => {
  const turns: readonly Turn[] = [
    pass,
    { ...pass, gate: "hold" },
    pass,
    { command: "resume" },
    pass,
    pass,
  ];
  const { moments } = play(gated, turns);
  assert.deepEqual(kindsOf(moments), [
    ...["gate-passed", "gate-failed", undefined, "resumed", "gate-passed", "step-advanced"],
  ]);
  const dueAt = (index: number) => {
    const { before } = moments[index] ?? assert.fail();
    const now = { nowMs: 9_999, evidence: emptyEvidence(gated), verdict: verdictOf("pass") };
    return dueGate(gated, before, now);
  };
  assert.deepEqual(
    [0, 1, 2, 4, 5].map((index) => dueAt(index)?.gate),
    ["smoke", "load", undefined, "load", undefined],
  );
  assert.notEqual(dueAt(1)?.id, dueAt(4)?.id);
});

test("a gate whose failure means so takes the rollout back", () => {
  const { moments } = play(gated, [{ ...pass, gate: "rollback" }, wait]);
  assert.deepEqual(kindsOf(moments), ["gate-failed", "rolled-back"]);
  assert.equal(moments[1]?.after.reason, "gate smoke failed: it says rollback");
});

test("an answer to a question that is no longer open is not taken", () => {
  const { moments } = play(gated, [{ judgement: "inconclusive", gate: "pass" }]);
  assert.deepEqual(kindsOf(moments), [undefined]);
});

const friday = Date.parse("2026-12-18T12:00:00Z");
const schedule: Schedule = {
  timezone: "Europe/Berlin",
  windows: [
    { days: ["mon", "tue", "wed", "thu", "fri"], fromMinute: 9 * 60, toMinute: 16 * 60 },
    { days: ["sat"], fromMinute: 22 * 60, toMinute: 2 * 60 },
  ],
  freezes: [
    {
      fromMs: Date.parse("2026-12-23T17:00:00Z"),
      toMs: Date.parse("2026-12-27T23:00:00Z"),
      reason: "holidays",
    },
  ],
};

for (const { at, expected } of [
  { at: "2026-12-18T12:00:00Z", expected: undefined },
  { at: "2026-12-18T08:00:00Z", expected: undefined },
  {
    at: "2026-12-18T07:59:59Z",
    expected: "outside the schedule's windows: the next opens fri 09:00 (Europe/Berlin)",
  },
  {
    at: "2026-12-18T15:00:00Z",
    expected: "outside the schedule's windows: the next opens sat 22:00 (Europe/Berlin)",
  },
  { at: "2026-12-19T21:00:00Z", expected: undefined },
  { at: "2026-12-20T00:59:00Z", expected: undefined },
  {
    at: "2026-12-20T01:00:00Z",
    expected: "outside the schedule's windows: the next opens mon 09:00 (Europe/Berlin)",
  },
  { at: "2026-07-17T07:00:00Z", expected: undefined },
  {
    at: "2026-12-24T10:00:00Z",
    expected: "frozen until 2026-12-28 00:00 (Europe/Berlin): holidays",
  },
]) {
  test(`at ${at} a schedule of Berlin's working hours says ${expected ?? "that steps may advance"}`, () => {
    assert.equal(closedBy(schedule, Date.parse(at)), expected);
  });
}

test("a window of equal ends is open all day", () => {
  const whole = { days: ["fri"], fromMinute: 0, toMinute: 0 } as const;
  const always: Schedule = { timezone: "UTC", windows: [whole], freezes: [] };
  assert.equal(closedBy(always, Date.parse("2026-12-18T23:59:00Z")), undefined);
  assert.notEqual(closedBy(always, Date.parse("2026-12-19T00:00:00Z")), undefined);
});

test("a freeze holds steps, approvals and promotions, and never a rollback", () => {
  const plan = planOf([canary(500), canary(5_000)], { schedule });
  const frozen = Date.parse("2026-12-24T10:00:00Z") - friday;
  const begun: readonly Turn[] = [pass, { ...pass, passedMs: frozen }];
  const { moments } = play(plan, begun, friday);
  assert.deepEqual(kindsOf(moments), ["step-advanced", undefined]);
  const state = moments[1]?.after ?? assert.fail();
  const now = {
    nowMs: friday + frozen,
    evidence: emptyEvidence(plan),
    verdict: verdictOf("pass"),
  };
  const why = "frozen until 2026-12-28 00:00 (Europe/Berlin): holidays";
  assert.equal(holdOf(plan, state, now), why);
  assert.equal(refusal(plan, state, { kind: "promote" }, now), `cannot promote: ${why}`);
  for (const back of [{ judgement: "fail" }, { command: "rollback" }] as const) {
    const { moments: after } = play(plan, [...begun, back], friday);
    assert.equal(after.at(-1)?.after.phase, "rolled-back");
  }
});

test("a rollout that something may hold starts without traffic, and begins once nothing does", () => {
  const plan = planOf([canary(500)], {
    readiness: { candidate: "http://127.0.0.1/", everyMs: 1_000, failures: 1 },
  });
  const unready = { candidate: "v2 is not ready: answered 503" };
  const { moments } = play(plan, [{ unready }, {}]);
  assert.deepEqual(weightsOf(plan, moments), [0, 500]);
  assert.equal(moments[0]?.before.isWaiting, true);
  assert.equal(moments[1]?.after.isWaiting, undefined);
});

test("a refusal says what is missing", () => {
  const plan = planOf([
    canary(500),
    { kind: "pause", approval: true, forMs: 60_000, gates: { before: [], after: ["smoke"] } },
  ]);
  const states = play(plan, [wait, pass]).moments.map(({ after }) => after);
  const [first = assert.fail(), paused = assert.fail()] = states;
  const now = { nowMs: 3_000, evidence: emptyEvidence(plan), verdict: verdictOf("pass") };
  const said = [
    refusal(plan, first, { kind: "approve" }, now),
    refusal(plan, paused, { kind: "approve" }, now),
    refusal(plan, paused, { kind: "approve" }, { ...now, nowMs: 90_000 }),
    refusal(plan, paused, { kind: "promote" }, { ...now, unready: { candidate: "v2 sleeps" } }),
    refusal(plan, paused, { kind: "delete" }, now),
    refusal(plan, paused, { kind: "rollback" }, now),
  ];
  assert.deepEqual(said, [
    "cannot approve: no approval is waited for",
    "cannot approve: the pause lasts at least 60 s",
    "cannot approve: waiting for gate smoke",
    "cannot promote: v2 sleeps",
    "cannot delete: the rollout is under way: roll it back first",
    undefined,
  ]);
});
