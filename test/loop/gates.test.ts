import assert from "node:assert/strict";
import { test } from "node:test";
import { ATTEMPTS_MAX } from "../../sidecar/loop/gateKeeper.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { FakeHook } from "../support/fakeHook.ts";
import { GateStage, planWithGates } from "../support/gateStage.ts";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

const PASS = { outcome: "pass", reason: "all is well" } as const;
const LATER = { outcome: "later", reason: "not yet", retryAfterMs: undefined } as const;

test("a gate before the first step holds all traffic until it passes", async () => {
  const stage = new GateStage();
  const { harness, hook } = stage;
  hook.says = LATER;
  const started = await harness.start(planWithGates({ before: ["smoke"] }));
  assert.deepEqual([started.traffic.candidateBp, started.traffic.shadowBp], [0, 0]);
  const waiting = await harness.turn(5_000);
  assert.equal(waiting?.traffic.shadowBp, 0);
  hook.says = PASS;
  await harness.turn(60_000);
  const going = await stage.settle();
  assert.equal(going?.traffic.shadowBp, 10_000);
  assert.deepEqual(await stage.kinds(), ["started", "gate-passed", "step-advanced"]);
  assert.deepEqual(hook.asked[0], {
    id: "test/1/0/0/smoke",
    gate: "smoke",
    rollout: "test",
    primary: "v1",
    candidate: "v2",
    toStep: 0,
    to: "shadow 100%",
  });
});

test("gates are asked once the step has seen what it must, one after another, each once", async () => {
  const [smoke, board] = [new FakeHook(), new FakeHook()];
  const hooks = new Map([
    ["smoke", smoke],
    ["board", board],
  ]);
  const harness = new LoopHarness({ hooks });
  await harness.start(planWithGates({ after: ["smoke", "board"] }));
  await harness.turn();
  assert.deepEqual([smoke.asked, board.asked], [[], []]);
  const view = await harness.turnUntil(({ state }) => state.stepIndex === 1);
  assert.equal(view?.state.stepIndex, 1);
  assert.deepEqual([smoke.asked.length, board.asked.length], [1, 1]);
  const passed = (await harness.store.events("test")).filter(({ kind }) => kind === "gate-passed");
  assert.deepEqual(
    passed.map((event) => "gate" in event && event.gate),
    ["smoke", "board"],
  );
});

test("a pause is approved by its gate, and its traffic stays until then", async () => {
  const stage = new GateStage();
  const { harness, hook } = stage;
  const [shadow, canary] = quickPlan.steps;
  assert.ok(shadow !== undefined && canary !== undefined);
  const gates = { before: [], after: ["smoke"] };
  const pause = { kind: "pause", approval: false, gates } as const;
  hook.says = LATER;
  await harness.start({ ...quickPlan, steps: [shadow, pause, canary] });
  const paused = await harness.turnUntil(() => hook.asked.length > 2);
  assert.deepEqual([paused?.state.stepIndex, paused?.traffic.shadowBp], [1, 10_000]);
  hook.says = { outcome: "pass", reason: "anna approves" };
  const view = await harness.turnUntil(({ state }) => state.stepIndex === 2);
  assert.equal(view?.traffic.candidateBp, 5_000);
  const events = await harness.store.events("test");
  assert.equal(events.find(({ kind }) => kind === "gate-passed")?.reason, "anna approves");
});

test("a rollback while a gate hangs takes effect at once, and ends the question", async () => {
  const stage = new GateStage();
  stage.hook.says = "hangs";
  await stage.untilAsked();
  const view = await stage.command("rollback");
  assert.equal(view.state.phase, "rolled-back");
  assert.deepEqual([view.traffic.candidateBp, view.traffic.shadowBp], [0, 0]);
  await stage.settle();
  assert.deepEqual([stage.hook.aborted, stage.hook.underWay], [1, 0]);
});

test("a candidate that turns bad while a gate hangs is rolled back by its guardrails", async () => {
  const stage = new GateStage();
  stage.hook.says = "hangs";
  await stage.untilAsked();
  const view = await stage.harness.turnUntil(({ state }) => state.phase === "rolled-back", 500);
  assert.equal(view?.state.phase, "rolled-back");
  await stage.settle();
  assert.equal(stage.hook.underWay, 0);
});

test("a rollout has at most one attempt under way, and a hanging gate of one holds up no other rollout", async () => {
  const { harness, hook } = new GateStage();
  hook.says = "hangs";
  await harness.start({ ...planWithGates({ before: ["smoke"] }), name: "other" });
  await harness.start(quickPlan);
  const view = await harness.turnUntil(({ state }) => state.phase === "promoted");
  assert.equal(view?.state.phase, "promoted");
  assert.deepEqual([hook.underWayMax, hook.asked.length], [1, 1]);
});

test("not more than so many attempts are under way at once, and the others follow", async () => {
  const { harness, hook } = new GateStage();
  hook.says = "hangs";
  const names = Array.from({ length: ATTEMPTS_MAX + 1 }, (_, index) => `rollout-${index}`);
  for (const name of names) {
    await harness.start({ ...planWithGates({ before: ["smoke"] }), name });
  }
  await harness.turn(1);
  assert.equal(hook.underWay, ATTEMPTS_MAX);
  const command = { kind: "rollback", by: "anna", reason: "" } as const;
  const done = harness.loop.command("rollout-0", command, undefined);
  await harness.turn(1);
  await done;
  await harness.turn(1);
  await harness.turn(1);
  assert.equal(new Set(hook.asked.map(({ rollout }) => rollout)).size, ATTEMPTS_MAX + 1);
});

test("while a rollout is paused nothing is asked anew, and then it is, under the same id", async () => {
  const stage = new GateStage();
  const { harness, hook } = stage;
  hook.says = LATER;
  await harness.start(planWithGates({ before: ["smoke"] }));
  await stage.command("pause");
  const asked = hook.asked.length;
  await harness.turn(60_000);
  await stage.settle();
  assert.equal(hook.asked.length, asked);
  hook.says = PASS;
  await stage.command("resume");
  const view = await stage.settle();
  assert.equal(view?.traffic.shadowBp, 10_000);
  assert.equal(new Set(hook.asked.map(({ id }) => id)).size, 1);
});

test("after a restart in the middle of a question it is asked again under its id, and answered once in the log", async () => {
  const stage = new GateStage();
  const { harness, hook } = stage;
  hook.says = "hangs";
  await harness.start(planWithGates({ before: ["smoke"] }));
  await harness.turn(1);
  hook.says = PASS;
  await harness.restart();
  await stage.settle();
  await harness.restart();
  await stage.settle();
  assert.deepEqual(
    hook.asked.map(({ id }) => id),
    ["test/1/0/0/smoke", "test/1/0/0/smoke"],
  );
  assert.deepEqual(await stage.kinds(), ["started", "gate-passed", "step-advanced"]);
});

test("each attempt is in the log and counted, by what came of it", async () => {
  const stage = new GateStage();
  const { harness, hook } = stage;
  hook.says = new OutgoingError("unreachable", "no whole answer in time");
  await harness.start(planWithGates({ before: ["smoke"] }));
  await stage.settle();
  hook.says = PASS;
  await harness.turn(5_000);
  await stage.settle();
  const told = harness.logged.filter(({ message }) => message.startsWith("gate "));
  assert.deepEqual(
    told.map(({ message, fields }) => [message, "why" in fields && fields.why]),
    [
      ["gate not asked", "no whole answer in time"],
      ["gate asked", "all is well"],
    ],
  );
  const { values } = await harness.metrics.gateCalls.get();
  assert.deepEqual(
    values.map(({ labels, value }) => [labels.gate, labels.outcome, value]),
    [
      ["smoke", "unreachable", 1],
      ["smoke", "pass", 1],
    ],
  );
});

test("a sidecar that stops ends the question under way", async () => {
  const { harness, hook } = new GateStage();
  hook.says = "hangs";
  await harness.start(planWithGates({ before: ["smoke"] }));
  await harness.turn(1);
  await harness.loop.run(AbortSignal.abort());
  assert.deepEqual([hook.aborted, hook.underWay], [1, 0]);
});
