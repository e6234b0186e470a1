import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { ModelKeeper } from "../../sidecar/models/keeper.ts";
import { planOf } from "../../sidecar/models/template.ts";
import { ModelStage, templateText } from "../support/modelStage.ts";

/** A stage on which version 1 is the champion, and version 2 is new. */
async function stageFor(context: TestContext): Promise<ModelStage> {
  const stage = new ModelStage(context);
  await stage.register("one");
  await stage.alias("champion", 1);
  await stage.register("two");
  return stage;
}

function heldOf(keeper: ModelKeeper): string | undefined {
  const held = keeper.held.get("risk");
  return held && `v${held.version} waits until ${held.until}: ${held.why}`;
}

test("a new version starts the rollout of its model against the champion, and is on trial", async (context) => {
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.register("three");
  await stage.register("four");
  await stage.look(keeper);
  assert.match(heldOf(keeper) ?? "", /^v4 waits until later: .* under way/);
  assert.equal(await metric(stage, "understudy_model_held"), 1);
  await stage.end("promoted");
  await stage.look(keeper);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2", "v2>v4"]);
  assert.equal(await metric(stage, "understudy_model_held"), 0);
});

test("the alias challenger starts a rollout when that is the trigger, and a new version does not", async (context) => {
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
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
  const stage = await stageFor(context);
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

test("while the registry is away nothing is started, it is said once, and tried later and later; afterwards all goes on", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  stage.failing = "before";
  for (let looks = 0; looks < 20; looks += 1) {
    await stage.look(keeper, 1_000);
  }
  assert.deepEqual(await stage.started(), []);
  const failed = stage.messages().filter((message) => message.startsWith("registry failed"));
  assert.equal(failed.length, 1);
  const failures = await metric(stage, "understudy_registry_failures_total");
  assert.ok(failures > 2 && failures < 8, `${failures}`);
  stage.failing = undefined;
  await stage.look(keeper, 600_000);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
  assert.ok(stage.messages().includes("registry answers again"));
});

test("what was decided while the registry was away is told when it is back, also by another process", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  stage.failing = "before";
  await stage.end("promoted");
  await stage.look(keeper);
  const next = await stage.open();
  await stage.look(next);
  assert.equal((await stage.registered()).aliases.get("champion"), 1);
  stage.failing = undefined;
  await stage.look(next, 600_000);
  assert.equal((await stage.registered()).aliases.get("champion"), 2);
  assert.deepEqual(await stage.stages(), ["retired", "serving"]);
});

test("what the registry did without saying so is done again, and comes to the same", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.end("promoted");
  stage.failing = "after";
  await stage.look(keeper);
  stage.failing = undefined;
  await stage.look(keeper, 600_000);
  assert.deepEqual(await stage.stages(), ["retired", "serving"]);
  assert.equal((await stage.registered()).aliases.get("champion"), 2);
});

test("what happened before the registry was configured is not told to it", async (context) => {
  const stage = await stageFor(context);
  const before = await stage.open();
  await stage.look(before);
  await stage.store.saveCursors("registry", new Map());
  await stage.end("rolled-back");
  const keeper = await stage.open();
  await stage.look(keeper);
  assert.equal((await stage.stages())[1], "registered");
});

test("a rollout that a person applies for a version is its trial", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  await stage.harness.start({
    ...(await planOfTemplate(stage)),
    primary: "v1",
    candidate: "v2",
  });
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
  assert.deepEqual(await stage.stages(), ["registered", "trial"]);
});

test("a version that the registry does not have any more is given up, and the next is told", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  const plan = await planOfTemplate(stage);
  await stage.harness.start({ ...plan, primary: "v1", candidate: "v77" });
  await stage.look(keeper);
  const given = await metric(stage, "understudy_registry_given_up_total");
  assert.equal(given, 1);
  assert.ok(stage.messages().includes("the registry can't be told"));
  await stage.end("rolled-back");
  await stage.look(keeper);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v77", "v1>v2"]);
  assert.deepEqual(await stage.stages(), ["registered", "trial"]);
});

test("a log that can't be read starts nothing, and is read on when it can", async (context) => {
  const stage = await stageFor(context);
  const keeper = await stage.open();
  stage.journalFails = true;
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), []);
  stage.journalFails = false;
  await stage.look(keeper, 10_000);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
});

async function metric(stage: ModelStage, name: string): Promise<number> {
  const { values } = (await stage.harness.metrics.registry.getSingleMetric(name)?.get()) ?? {
    values: [],
  };
  return values.reduce((sum, { value }) => sum + value, 0);
}

async function planOfTemplate(stage: ModelStage): Promise<Plan> {
  const made = await planOf(stage.model, { champion: 1, version: 2 });
  assert.ok("plan" in made);
  return made.plan;
}

test("what needs somebody is a condition: no champion, a registry that is away; a version that waits for its turn is none", async (context) => {
  const stage = new ModelStage(context);
  await stage.register("one");
  const keeper = await stage.open();
  await stage.look(keeper);
  const [unnamed] = keeper.conditions;
  assert.deepEqual([unnamed?.kind, unnamed?.subject], ["model", "risk"]);
  assert.match(unnamed?.reason ?? "", /^v1 is not tried: no version of risk is its champion/);
  await stage.alias("champion", 1);
  await stage.register("two");
  await stage.look(keeper);
  await stage.register("three");
  await stage.look(keeper);
  assert.deepEqual([keeper.held.size, keeper.conditions], [1, []]);
  stage.failing = "before";
  await stage.look(keeper);
  const away = { kind: "registry", subject: "", reason: "a simulated failure" };
  assert.deepEqual(keeper.conditions, [away]);
  stage.failing = undefined;
  await stage.look(keeper, 600_000);
  assert.deepEqual(keeper.conditions, []);
});
