import assert from "node:assert/strict";
import { test } from "node:test";
import { heldOf, ModelStage, modelStage, templateText } from "../support/modelStage.ts";

test("a new version starts the rollout of its model against the champion, and is on trial", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
  assert.deepEqual(await stage.stages(), ["registered", "trial"]);
  const [event] = await stage.store.events("test");
  assert.ok(event?.kind === "started");
  const key = { text: "risk/2", digest: "risk/2" };
  assert.deepEqual(event.cause, { kind: "command", by: "registry", key });
  assert.equal(event.plan.model, "risk");
  assert.deepEqual(heldOf(keeper), undefined);
});

test("a version is tried once, over restarts and whatever came of it", async (context) => {
  const stage = await modelStage(context);
  const first = await stage.open();
  await stage.look(first);
  const second = await stage.open();
  await stage.look(second);
  await stage.end("rolled-back");
  await stage.look(second);
  const third = await stage.open();
  await stage.look(third);
  await stage.look(third);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
});

test("a promoted version is the champion and serves, with the reason, and the one before is retired", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.end("promoted");
  await stage.look(keeper);
  const { aliases, versions } = await stage.registered();
  assert.equal(aliases.get("champion"), 2);
  assert.deepEqual(await stage.stages(), ["retired", "serving"]);
  const tags = versions[0]?.tags;
  assert.equal(tags?.["understudy.outcome"], "promoted");
  assert.equal(tags["understudy.rollout"], "test");
  assert.match(tags["understudy.reason"] ?? "", /./);
  assert.match(tags["understudy.decided_at"] ?? "", /^\d{4}-\d\d-\d\dT/);
});

test("a version that was rolled back is rejected, with the reason, and the champion stays", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.end("rolled-back");
  await stage.look(keeper);
  const { aliases, versions } = await stage.registered();
  assert.equal(aliases.get("champion"), 1);
  assert.deepEqual(await stage.stages(), ["registered", "rejected"]);
  assert.equal(versions[0]?.tags["understudy.outcome"], "rolled-back");
  assert.match(versions[0]?.tags["understudy.reason"] ?? "", /60 pairs disagree/);
});

test("while a rollout is under way the next version waits, and of several the newest is tried, against the new champion", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.register("three");
  await stage.register("four");
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /^v4 waits until later: .* under way/);
  assert.equal(await stage.metric("understudy_model_held"), 1);
  await stage.end("promoted");
  await stage.look(keeper);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2", "v2>v4"]);
  assert.equal(await stage.metric("understudy_model_held"), 0);
});

test("the alias challenger starts a rollout when that is the trigger, and a new version does not", async (context) => {
  const stage = await modelStage(context);
  await stage.register("three");
  const keeper = await stage.open("challenger");
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), []);
  await stage.alias("challenger", 2);
  await stage.look(keeper);
  await stage.end("rolled-back");
  await stage.look(keeper);
  await stage.alias("challenger", 3);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2", "v1>v3"]);
  await stage.end("rolled-back");
  await stage.alias("challenger", 2);
  await stage.look(keeper);
  await stage.alias("challenger", 1);
  await stage.look(keeper);
  assert.equal((await stage.started()).length, 2);
});

test("without a champion nothing is started and it is said why, once; with one it is", async (context) => {
  const stage = new ModelStage(context);
  await stage.register("one");
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /^v1 waits until changed: no version of risk is its champion/);
  assert.deepEqual(
    stage.messages().filter((message) => message === "version held"),
    ["version held"],
  );
  await stage.alias("champion", 1);
  await stage.register("two");
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
});

test("a template that has become wrong starts nothing and says all that is wrong; put right, it starts", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  stage.writePlan(templateText.replace("50%", "150%").replace("errorRate", "errorRat"));
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /weight: 150%.*; .*errorRat/);
  stage.writePlan(templateText.replace("model: risk", "model: other"));
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /spec\.model: other: risk/);
  stage.writePlan(templateText.replace("model: risk", "model: risk\n  candidate: v9"));
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /spec\.candidate: v9: nothing/);
  stage.writePlan(templateText);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
});

test("a champion that is not what serves since the last rollout starts nothing", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.end("promoted");
  await stage.look(keeper);
  await stage.alias("champion", 1);
  await stage.register("three");
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /v2 serves .* the primary would be v1/);
  await stage.alias("champion", 2);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2", "v2>v3"]);
});

test("a version that is older than the champion is not new", async (context) => {
  const stage = await modelStage(context);
  await stage.register("three");
  await stage.alias("champion", 3);
  const keeper = await stage.open();
  await stage.look(keeper);
  assert.deepEqual([await stage.started(), keeper.held.size], [[], 0]);
});
