import assert from "node:assert/strict";
import { test } from "node:test";
import type { FakeChannel } from "../support/fakeChannel.ts";
import { TellerStage, targetWith } from "../support/tellerStage.ts";

const kindsOf = (channel: FakeChannel): readonly string[] => channel.taken.map(({ kind }) => kind);

test("what was given up is told once more when somebody asks for it, under the same ids", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  target.channel.failing = { code: "refused" };
  await stage.harness.start();
  await stage.command("pause");
  await stage.look(teller);
  const [standing] = teller.standing();
  const given = standing?.deadLetters.map(({ notice }) => notice.id);
  assert.equal(given?.length, 2);
  target.channel.failing = undefined;
  assert.equal(teller.retry("one", "anna"), 2);
  await stage.look(teller);
  assert.deepEqual(kindsOf(target.channel), ["started", "paused"]);
  assert.deepEqual(
    target.channel.taken.map(({ id }) => id),
    given,
  );
  assert.deepEqual(teller.standing()[0]?.deadLetters, []);
  assert.equal(teller.retry("one", "anna"), 0);
});

test("what is refused again is given up again, and can be tried again", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  target.channel.failing = { code: "refused" };
  await stage.harness.start();
  await stage.look(teller);
  assert.equal(teller.retry("one", "anna"), 1);
  await stage.look(teller);
  assert.equal(teller.standing()[0]?.deadLetters.length, 1);
  assert.equal(stage.buried().length, 2);
});

test("a target that is not known has nothing to be tried again", async () => {
  const teller = await new TellerStage().open(targetWith());
  assert.equal(teller.retry("two", "anna"), undefined);
});

test("a target that is set up otherwise goes on where it is, at once", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open(target);
  await stage.harness.start();
  target.channel.failing = { code: "denied" };
  await stage.look(teller);
  assert.deepEqual(target.channel.taken, []);
  const mended = targetWith();
  teller.renew([mended]);
  await stage.look(teller);
  assert.deepEqual([kindsOf(target.channel), kindsOf(mended.channel)], [[], ["started"]]);
  await stage.command("pause");
  await stage.look(teller);
  assert.deepEqual(kindsOf(mended.channel), ["started", "paused"]);
});

test("a new target is told what happens from now on, and one that is left out nothing more", async () => {
  const stage = new TellerStage();
  const [first, second] = [targetWith(), targetWith({ name: "two" })];
  const teller = await stage.open(first);
  await stage.harness.start();
  await stage.look(teller);
  teller.renew([second]);
  await stage.look(teller);
  await stage.command("pause");
  await stage.look(teller);
  assert.deepEqual([kindsOf(first.channel), kindsOf(second.channel)], [["started"], ["paused"]]);
  assert.deepEqual([...(await stage.store.cursors("alerts")).keys()], ["two"]);
});

test("an attempt under way ends with its target", async () => {
  const stage = new TellerStage();
  const target = targetWith({ timeoutMs: 60_000 });
  const teller = await stage.open(target);
  target.channel.failing = "hangs";
  await stage.harness.start();
  await teller.look();
  teller.renew([]);
  await teller.look();
  assert.deepEqual(teller.standing(), []);
  await teller.settled();
});

test("whom to tell changes once the log can be read again", async () => {
  const stage = new TellerStage();
  const target = targetWith();
  const teller = await stage.open();
  stage.journalFails = true;
  teller.renew([target]);
  await stage.look(teller);
  assert.deepEqual(teller.standing(), []);
  stage.journalFails = false;
  await stage.look(teller, 10_000);
  assert.equal(teller.standing()[0]?.target, "one");
  await stage.harness.start();
  await stage.look(teller);
  assert.equal(kindsOf(target.channel).at(-1), "started");
});
