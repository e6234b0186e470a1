import assert from "node:assert/strict";
import { test } from "node:test";
import { Courier } from "../../sidecar/alerts/courier.ts";
import { DEAD_LETTERS_MAX } from "../../sidecar/alerts/deadLetters.ts";
import { WAITING_MAX } from "../../sidecar/alerts/waitingLine.ts";
import type { Notice } from "../../sidecar/core/alerts/notice.ts";
import { FakeChannel } from "../support/fakeChannel.ts";
import { quickPlan } from "../support/loopHarness.ts";
import { noticeWith } from "../support/notices.ts";
import { TellerStage, targetWith } from "../support/tellerStage.ts";

const told = (notices: readonly Notice[]): readonly string[] =>
  notices.map(({ kind, status }) => `${kind} ${status}`);

test("every decision in the log is told once, in order, to each target at its severity", async () => {
  const stage = new TellerStage();
  const all = targetWith({ name: "all" });
  const pager = targetWith({ name: "pager", minSeverity: "critical" });
  const teller = await stage.open(all, pager);
  await stage.harness.start();
  await stage.look(teller);
  await stage.command("pause");
  await stage.command("resume");
  await stage.command("rollback");
  await stage.look(teller, 500);
  await stage.look(teller, 500);
  assert.deepEqual(told(all.channel.taken), [
    "started happened",
    "paused raised",
    "resumed happened",
    "rolled-back raised",
  ]);
  assert.deepEqual(told(pager.channel.taken), ["rolled-back raised"]);
  assert.match(pager.channel.taken[0]?.reason ?? "", /^rollback, please/);
});

test("a new target is told what happens from now on, one that was there all that it missed, under the same ids", async () => {
  const stage = new TellerStage();
  const before = targetWith({ name: "before" });
  await (await stage.open(before)).stop();
  await stage.harness.start();
  const late = targetWith({ name: "late" });
  const teller = await stage.open(before, late);
  await stage.command("pause");
  await stage.look(teller);
  assert.deepEqual(told(before.channel.taken), ["started happened", "paused raised"]);
  assert.deepEqual(told(late.channel.taken), ["paused raised"]);
  assert.equal(before.channel.taken[1]?.id, late.channel.taken[0]?.id);
  await teller.stop();
  assert.deepEqual(Object.fromEntries(await stage.store.cursors("alerts")), { before: 2, late: 2 });
});

test("what a target took before a crash that its cursor does not know is told again under its id, and nothing else", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const first = await stage.open(target);
  await stage.harness.start();
  await stage.look(first, 500);
  await stage.command("pause");
  await first.look();
  await first.settled();
  const second = await stage.open(target);
  await stage.look(second, 500);
  const ids = target.channel.taken.map(({ id }) => id);
  assert.deepEqual(told(target.channel.taken), [
    "started happened",
    "paused raised",
    "paused raised",
  ]);
  assert.equal(ids[1], ids[2]);
});

test("a target that fails is asked again later and later, and takes everything in order when it is back", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  target.channel.failing = { code: "failed" };
  await stage.harness.start();
  await stage.look(teller, 500);
  await stage.command("pause");
  for (let minutes = 0; minutes < 30; minutes += 1) {
    await stage.look(teller, 60_000);
  }
  assert.ok(target.channel.attempts > 8 && target.channel.attempts < 20);
  target.channel.failing = undefined;
  await stage.look(teller, 300_000);
  assert.deepEqual(told(target.channel.taken).slice(0, 2), ["started happened", "paused raised"]);
  assert.deepEqual(stage.buried(), []);
});

test("a target that asks to be left alone is, for that long", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  target.channel.failing = { code: "busy", retryAfterMs: 120_000 };
  await stage.harness.start();
  await stage.look(teller, 500);
  target.channel.failing = undefined;
  await stage.look(teller, 119_000);
  assert.equal(target.channel.attempts, 1);
  await stage.look(teller, 1_000);
  assert.equal(target.channel.taken[0]?.kind, "started");
});

test("what a target refuses is given up at once, and the next is told", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  target.channel.failing = { code: "refused" };
  await stage.harness.start();
  await stage.look(teller, 500);
  target.channel.failing = undefined;
  await stage.command("pause");
  await stage.look(teller, 500);
  assert.deepEqual(told(target.channel.taken), ["paused raised"]);
  assert.deepEqual(
    stage.buried().map(({ reason, notice }) => [reason, notice.kind]),
    [["refused", "started"]],
  );
  assert.equal(teller.standing()[0]?.deadLetters[0]?.notice.kind, "started");
});

test("what could not be told for too long is given up, counted and logged, and is not told after a restart", async () => {
  const stage = new TellerStage();
  const target = targetWith({ giveUpMs: 60_000 });
  const teller = await stage.open(target);
  target.channel.failing = { code: "denied" };
  await stage.harness.start();
  for (let tries = 0; tries < 40; tries += 1) {
    await stage.look(teller, 10_000);
  }
  assert.deepEqual(
    stage.buried().map(({ reason, notice }) => [reason, notice.kind]),
    [["expired", "started"]],
  );
  const dead = await stage.harness.metrics.alertsDead.get();
  assert.deepEqual(dead.values[0]?.labels, { target: "one", reason: "expired" });
  await teller.stop();
  target.channel.failing = undefined;
  const again = await stage.open(target);
  await stage.look(again, 500);
  assert.equal(
    target.channel.taken.some(({ kind }) => kind === "started"),
    false,
  );
});

test("a target that hangs holds up neither the look nor another target, and is cut when the teller stops", async () => {
  const stage = new TellerStage();
  const hanging = targetWith({ name: "hanging", timeoutMs: 60_000 });
  const other = targetWith({ name: "other" });
  const teller = await stage.open(hanging, other);
  hanging.channel.failing = "hangs";
  await stage.harness.start();
  await teller.look();
  await teller.look();
  await new Promise(setImmediate);
  assert.deepEqual(told(other.channel.taken), ["started happened"]);
  await teller.stop();
  const cursors = Object.fromEntries(await stage.store.cursors("alerts"));
  assert.deepEqual(cursors, { hanging: 0, other: 1 });
});

test("notices of one rollout that wait together are told together, at most as many as the target takes", async () => {
  const stage = new TellerStage();
  const target = targetWith({ channel: new FakeChannel({ groupMax: 2 }) });
  const teller = await stage.open(target);
  await stage.harness.start();
  await stage.command("pause");
  await stage.command("resume");
  await stage.look(teller, 500);
  assert.deepEqual(
    target.channel.calls.map((call) => told(call)),
    [["started happened", "paused raised"], ["resumed happened"]],
  );
});

test("a target that wants it is told what goes on again and again, and the end of it once", async () => {
  const stage = new TellerStage();
  const target = targetWith({
    minSeverity: "warning",
    channel: new FakeChannel({ groupMax: 100, repeatMs: 60_000 }),
  });
  const teller = await stage.open(target);
  await stage.harness.start();
  await stage.command("rollback");
  for (let seconds = 0; seconds <= 130; seconds += 10) {
    await stage.look(teller, 10_000);
  }
  const repeated = told(target.channel.taken);
  assert.ok(repeated.length >= 3 && repeated.length <= 5, String(repeated));
  assert.deepEqual([...new Set(repeated)], ["rolled-back raised"]);
  await stage.harness.start({ ...quickPlan, candidate: "v9" });
  await stage.look(teller, 10_000);
  await stage.look(teller, 10_000);
  const since = told(target.channel.taken).slice(repeated.length);
  assert.deepEqual(since, ["rolled-back resolved"]);
});

test("a store that confirms nothing is told of once it has lasted, from memory, and is over when it is", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  stage.isStoreTrusted = false;
  stage.journalFails = true;
  await stage.look(teller, 1_000);
  assert.deepEqual(told(target.channel.taken), []);
  await stage.look(teller, 6_000);
  stage.isStoreTrusted = true;
  stage.journalFails = false;
  await stage.look(teller, 10_000);
  assert.deepEqual(told(target.channel.taken), ["store raised"]);
  await stage.look(teller, 31_000);
  assert.deepEqual(told(target.channel.taken), ["store raised", "store resolved"]);
  const [raised, resolved] = target.channel.taken;
  assert.equal(raised?.rollout, undefined);
  assert.notEqual(raised?.id, resolved?.id);
});

test("a journal that fails by itself is told of, and read on when it is back", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  await stage.harness.start();
  stage.journalFails = true;
  await stage.look(teller, 1_000);
  await stage.look(teller, 6_000);
  assert.deepEqual(told(target.channel.taken), ["store raised"]);
  assert.match(target.channel.taken[0]?.reason ?? "", /can't be read/);
  stage.journalFails = false;
  await stage.look(teller, 6_000);
  assert.equal(told(target.channel.taken).at(-1), "started happened");
});

test("notices in no log that a full line can't take are given up, and counted; the log keeps its own", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const { clock, metrics } = stage.harness;
  const courier = new Courier(target, { clock, metrics, random: () => 0.5, log });
  const many = WAITING_MAX + DEAD_LETTERS_MAX + 5;
  for (let index = 0; index < many; index += 1) {
    courier.offer(noticeWith({ id: String(index) }));
  }
  assert.deepEqual([courier.line.length, courier.line.room], [WAITING_MAX, 0]);
  assert.equal(courier.dead.all.length, DEAD_LETTERS_MAX);
  assert.equal(courier.dead.all.at(-1)?.notice.id, String(many - 1));
  const { values } = await metrics.alertsDead.get();
  assert.equal(values[0]?.value, many - WAITING_MAX);
});
