import assert from "node:assert/strict";
import { test } from "node:test";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { COOL_DOWN_MS, RetrainingStage } from "../support/retrainingStage.ts";

test("a hook is told once of the drift of a promoted version, with what goes on since when", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.look(keeper);
  assert.deepEqual(stage.hook.told, []);
  await stage.raise("drift age");
  await stage.look(keeper);
  await stage.look(keeper, 10 * COOL_DOWN_MS);
  const [told, ...more] = stage.hook.told;
  assert.deepEqual(more, []);
  const [, , event] = await stage.store.after(0, 10);
  assert.deepEqual(told, {
    id: event?.id,
    rollout: "test",
    primary: "v1",
    candidate: "v2",
    model: "risk",
    anomalies: [
      {
        name: "drift age",
        kind: "drift",
        sinceMs: event?.event.atMs,
        reason: "drift age is odd",
      },
    ],
    features: [],
  });
});

test("what was taken is not told again by the next life of the process, and what was not is, under the same id", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  stage.hook.says = "hangs";
  await keeper.look();
  await keeper.stop();
  stage.hook.says = { outcome: "pass", reason: "training" };
  const second = await stage.live();
  await stage.look(second);
  await second.stop();
  const third = await stage.live();
  await stage.look(third);
  const ids = stage.hook.told.map(({ id }) => id);
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
});

test("killed after somebody was told and before that was saved, a sidecar tells it again under the same id", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  await keeper.look();
  await keeper.settled();
  await stage.look(await stage.live());
  const ids = stage.hook.told.map(({ id }) => id);
  assert.deepEqual([ids.length, new Set(ids).size], [2, 1]);
});

test("during the cool-down nobody is told, over restarts too, and then of all that goes on", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  await stage.look(keeper);
  await stage.raise("drift sex");
  await stage.look(keeper, COOL_DOWN_MS - 1_000);
  const second = await stage.live();
  await stage.look(second);
  assert.equal(stage.hook.told.length, 1);
  await stage.look(second, 1_000);
  assert.deepEqual(
    stage.hook.told[1]?.anomalies.map(({ name }) => name),
    ["drift age", "drift sex"],
  );
});

test("one is told at a time, however long that takes, and a rollout that begins meanwhile does not end it", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  stage.hook.says = "hangs";
  await keeper.look();
  await stage.raise("drift sex");
  await stage.startAnother();
  for (let look = 0; look < 5; look += 1) {
    stage.clock.advance(COOL_DOWN_MS);
    await keeper.look();
  }
  assert.deepEqual([stage.hook.underWay, stage.hook.told.length, stage.hook.aborted], [1, 1, 0]);
  await keeper.stop();
  assert.equal(stage.hook.underWay, 0);
});

test("who can't be reached, or says later, is told again with patience, under the same id", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  stage.hook.says = new OutgoingError("unreachable", "ECONNREFUSED");
  await stage.look(keeper);
  await stage.look(keeper);
  assert.equal(stage.hook.told.length, 1);
  stage.hook.says = { outcome: "later", reason: "busy", retryAfterMs: 20_000 };
  await stage.look(keeper, 2_000);
  await stage.look(keeper, 19_000);
  assert.equal(stage.hook.told.length, 2);
  stage.hook.says = { outcome: "pass", reason: "training" };
  await stage.look(keeper, 1_000);
  assert.equal(stage.hook.told.length, 3);
  assert.equal(new Set(stage.hook.told.map(({ id }) => id)).size, 1);
});

test("what is refused, or not taken before patience ends, is told again after the cool-down, while it goes on", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  await stage.raise("drift age");
  stage.hook.says = { outcome: "fail", reason: "no new labels" };
  await stage.look(keeper);
  await stage.look(keeper, COOL_DOWN_MS - 1);
  assert.equal(stage.hook.told.length, 1);
  const { message } = stage.logged.at(-1) ?? {};
  assert.equal(message, "retraining not taken: asked for again after the cool-down, if it goes on");
  stage.hook.says = "breaks";
  await stage.look(keeper, 1);
  await stage.look(keeper, stage.hook.giveUpMs);
  assert.equal(stage.hook.told.length, 3);
  await stage.resolve("drift age");
  await stage.look(keeper, COOL_DOWN_MS);
  assert.equal(stage.hook.told.length, 3);
});

test("a log that is away is waited for, and nothing is lost", async () => {
  const { stage, keeper } = await RetrainingStage.begin();
  stage.isJournalAway = true;
  await stage.raise("drift age");
  await stage.look(keeper);
  assert.deepEqual(stage.hook.told, []);
  stage.isJournalAway = false;
  await stage.look(keeper, 5_000);
  assert.equal(stage.hook.told.length, 1);
});
