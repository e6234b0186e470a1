import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { planOf } from "../../sidecar/models/template.ts";
import { ModelStage, modelStage } from "../support/modelStage.ts";

test("while the registry is away nothing is started, it is said once, and tried later and later; afterwards all goes on", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  stage.failing = "before";
  for (let looks = 0; looks < 20; looks += 1) {
    await stage.look(keeper, 1_000);
  }
  assert.deepEqual(await stage.started(), []);
  const failed = stage.messages().filter((message) => message.startsWith("registry failed"));
  assert.equal(failed.length, 1);
  const failures = await stage.metric("understudy_registry_failures_total");
  assert.ok(failures > 2 && failures < 8, `${failures}`);
  stage.failing = undefined;
  await stage.look(keeper, 600_000);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
  assert.ok(stage.messages().includes("registry answers again"));
});

test("what was decided while the registry was away is told when it is back, also by another process", async (context) => {
  const stage = await modelStage(context);
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
  const stage = await modelStage(context);
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

test("what was told is not told again by the next process, whatever people have said since", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  await stage.look(keeper);
  await stage.end("promoted");
  await stage.look(keeper);
  await stage.alias("champion", 1);
  await stage.registry.mark({ model: "risk", version: 2, stage: "rejected" }, stage.signal);
  const next = await stage.open();
  await stage.look(next);
  assert.equal((await stage.registered()).aliases.get("champion"), 1);
  assert.deepEqual(await stage.stages(), ["retired", "rejected"]);
});

test("of several promotions that were not told only the last one's version becomes champion", async (context) => {
  const stage = await modelStage(context);
  await stage.register("three");
  const keeper = await stage.open("challenger");
  const plan = await planOfTemplate(stage);
  for (const [primary, candidate] of [
    ["v1", "v2"],
    ["v2", "v3"],
  ] as const) {
    await stage.harness.start({ ...plan, primary, candidate });
    await stage.end("promoted");
  }
  await stage.look(keeper);
  assert.deepEqual(stage.championsSet, [3]);
  assert.deepEqual(await stage.stages(), ["retired", "retired", "serving"]);
});

test("what happened before the registry was configured is not told to it", async (context) => {
  const stage = await modelStage(context);
  const before = await stage.open();
  await stage.look(before);
  await stage.store.saveCursors("registry", new Map());
  await stage.end("rolled-back");
  const keeper = await stage.open();
  await stage.look(keeper);
  assert.equal((await stage.stages())[1], "registered");
});

test("a rollout that a person applies for a version is its trial", async (context) => {
  const stage = await modelStage(context);
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
  const stage = await modelStage(context);
  const keeper = await stage.open();
  const plan = await planOfTemplate(stage);
  await stage.harness.start({ ...plan, primary: "v1", candidate: "v77" });
  await stage.look(keeper);
  const given = await stage.metric("understudy_registry_given_up_total");
  assert.equal(given, 1);
  assert.ok(stage.messages().includes("the registry can't be told"));
  await stage.end("rolled-back");
  await stage.look(keeper);
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), ["v1>v77", "v1>v2"]);
  assert.deepEqual(await stage.stages(), ["registered", "trial"]);
});

test("a log that can't be read starts nothing, and is read on when it can", async (context) => {
  const stage = await modelStage(context);
  const keeper = await stage.open();
  stage.journalFails = true;
  await stage.look(keeper);
  assert.deepEqual(await stage.started(), []);
  stage.journalFails = false;
  await stage.look(keeper, 10_000);
  assert.deepEqual(await stage.started(), ["v1>v2"]);
});

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

async function planOfTemplate(stage: ModelStage): Promise<Plan> {
  const made = await planOf(stage.model, { champion: 1, version: 2 });
  assert.ok("plan" in made);
  return made.plan;
}
