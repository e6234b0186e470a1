import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { lastingOf, undecidedOf } from "../../sidecar/core/alerts/lasting.ts";
import { alertKey, type Notice } from "../../sidecar/core/alerts/notice.ts";
import { followTrouble, type Trouble } from "../../sidecar/core/alerts/trouble.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { quickPlan } from "../support/loopHarness.ts";
import { planNamed, rollbackOf, startOf } from "../support/storedChanges.ts";
import { TellerStage, targetWith } from "../support/tellerStage.ts";

const PATIENCE = { raiseMs: 60, clearMs: 30 };
const HOUR_MS = 3_600_000;

const told = (notices: readonly Notice[]): readonly string[] =>
  notices.map(({ kind, status }) => `${kind} ${status}`);

test("trouble that has not lasted is never told of, and told trouble is over only when it was away long enough", () => {
  const looks = fc.array(fc.record({ passedMs: fc.nat(50), isSeen: fc.boolean() }), {
    maxLength: 100,
  });
  fc.assert(
    fc.property(looks, (each) => {
      let trouble: Trouble | undefined;
      let nowMs = 0;
      for (const { passedMs, isSeen } of each) {
        nowMs += passedMs;
        const before = trouble;
        const reason = isSeen ? "so" : undefined;
        trouble = followTrouble(before, { reason, nowMs }, PATIENCE);
        const lastedMs = trouble === undefined ? 0 : trouble.lastMs - trouble.firstMs;
        assert.ok(trouble?.isRaised !== true || lastedMs >= PATIENCE.raiseMs);
        const awayMs = nowMs - (before?.lastMs ?? nowMs);
        assert.equal(
          before !== undefined && trouble === undefined,
          before !== undefined && !isSeen && awayMs >= PATIENCE.clearMs,
        );
      }
    }),
  );
});

test("a rollback goes on until a new rollout has the name, at most a day", () => {
  const plan = planNamed("one");
  const started = startOf(plan);
  const { state } = rollbackOf(plan, started.state);
  const lasting = (nowMs: number) => lastingOf({ plan, state }, nowMs).map(({ kind }) => kind);
  assert.deepEqual(lasting(23 * HOUR_MS), ["rolled-back"]);
  assert.deepEqual(lasting(25 * HOUR_MS), []);
  const again = startOf(plan, state);
  assert.deepEqual(lastingOf({ plan, state: again.state }, 2), []);
});

test("anomalies go on under their names, each an alert of its own", () => {
  const plan = planNamed("one");
  const raise = (anomaly: string) =>
    ({ kind: "anomaly-raised", atMs: 5, reason: `${anomaly} changed`, anomaly }) as const;
  const state = [raise("drift age"), raise("drift bmi")].reduce(evolve, startOf(plan).state);
  const lasting = lastingOf({ plan, state }, 10);
  assert.deepEqual(
    lasting.map(({ subject, atMs, severity }) => [subject, atMs, severity]),
    [
      ["drift age", 5, "warning"],
      ["drift bmi", 5, "warning"],
    ],
  );
  assert.equal(new Set(lasting.map(alertKey)).size, 2);
});

test("a rollout is undecided from its plan's maximum until its end, and never without one", () => {
  const plan = { ...planNamed("one"), maximum: { timeMs: HOUR_MS, outcome: "hold" } } as const;
  const { state } = startOf(plan);
  const dueMs = state.startedAtMs + HOUR_MS;
  assert.equal(undecidedOf({ plan, state }, dueMs - 1), undefined);
  assert.equal(
    undecidedOf({ plan, state }, dueMs)?.reason,
    "undecided after 1h, and the plan lets it be",
  );
  const ended = rollbackOf(plan, state).state;
  assert.equal(undecidedOf({ plan, state: ended }, dueMs), undefined);
  assert.equal(undecidedOf({ plan: planNamed("one"), state }, dueMs), undefined);
  const steps = [{ kind: "pause", approval: true }] as const;
  assert.equal(undecidedOf({ plan: { ...plan, steps }, state }, dueMs), undefined);
});

test("a rollout that stays undecided is told of once, and when it is decided after all", async () => {
  const stage = new TellerStage();
  const target = targetWith({ minSeverity: "warning" });
  const teller = await stage.open(target);
  await stage.harness.start({ ...quickPlan, maximum: { timeMs: 5_000, outcome: "hold" } });
  await stage.look(teller, 1_000);
  assert.deepEqual(told(target.channel.taken), []);
  await stage.look(teller, 5_000);
  await stage.look(teller, 1_000);
  assert.deepEqual(told(target.channel.taken), ["undecided raised"]);
  await stage.command("rollback");
  await stage.look(teller, 1_000);
  assert.deepEqual(
    new Set(told(target.channel.taken)),
    new Set(["undecided raised", "undecided resolved", "rolled-back raised"]),
  );
});

test("traffic that an actuator can't put in force is told of after a minute, and when it is in force again", async () => {
  const stage = new TellerStage({ actuatorFails: true });
  const target = targetWith({ minSeverity: "warning" });
  const teller = await stage.open(target);
  await stage.harness.start();
  for (let looks = 0; looks < 7; looks += 1) {
    await stage.look(teller, 10_000);
  }
  assert.deepEqual(told(target.channel.taken), ["traffic raised"]);
  assert.match(target.channel.taken[0]?.reason ?? "", /not in force: denied: as the test said/);
  stage.actuatorFails = false;
  for (let looks = 0; looks < 7; looks += 1) {
    await stage.look(teller, 10_000);
  }
  assert.deepEqual(told(target.channel.taken), ["traffic raised", "traffic resolved"]);
});

test("what is wrong with the sidecar as a whole is told under its subject once it has lasted, and again when it is over", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  const unnamed = { kind: "model", subject: "risk", reason: "no champion" } as const;
  const away = { kind: "registry", subject: "", reason: "ECONNREFUSED" } as const;
  stage.conditions = [unnamed, away];
  await stage.look(teller);
  assert.deepEqual(target.channel.taken, []);
  await stage.look(teller, 61_000);
  stage.conditions = [away];
  await stage.look(teller, 1_000);
  stage.conditions = [];
  await stage.look(teller, 1_000);
  assert.deepEqual(
    target.channel.taken.map(({ kind, subject, status, severity }) => [
      kind,
      subject,
      status,
      severity,
    ]),
    [
      ["model", "risk", "raised", "warning"],
      ["registry", "", "raised", "warning"],
      ["model", "risk", "resolved", "warning"],
      ["registry", "", "resolved", "warning"],
    ],
  );
  await teller.stop();
});
