import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Gates } from "../../sidecar/core/plan/step.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { FakeHook } from "../support/fakeHook.ts";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

/** The quick plan with these gates around its first step. */
function planWithGates(gates: Partial<Gates>): Plan {
  const [first, ...others] = quickPlan.steps;
  assert.ok(first !== undefined);
  return {
    ...quickPlan,
    steps: [{ ...first, gates: { before: [], after: [], ...gates } }, ...others],
  };
}

/** Turns that take no time, so that what was answered is taken. */
async function settle(harness: LoopHarness): Promise<RolloutView | undefined> {
  for (let turns = 0; turns < 4; turns += 1) {
    await harness.turn(1);
  }
  return harness.loop.get("test");
}

/** Sees requests until the gate after the first step is asked. */
async function untilAsked(harness: LoopHarness, hook: FakeHook): Promise<RolloutView | undefined> {
  return harness.turnUntil(() => hook.asked.length > 0);
}

async function kindsOf(harness: LoopHarness): Promise<readonly string[]> {
  return (await harness.store.events("test")).map(({ kind }) => kind);
}

test("a gate before the first step holds all traffic until it passes", async () => {
  const hook = new FakeHook();
  hook.says = { outcome: "later", reason: "not yet", retryAfterMs: undefined };
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  const started = await harness.start(planWithGates({ before: ["smoke"] }));
  assert.deepEqual([started.traffic.candidateBp, started.traffic.shadowBp], [0, 0]);
  const waiting = await harness.turn(5_000);
  assert.equal(waiting?.traffic.shadowBp, 0);
  hook.says = { outcome: "pass", reason: "all is well" };
  await harness.turn(60_000);
  const going = await settle(harness);
  assert.equal(going?.traffic.shadowBp, 10_000);
  assert.deepEqual(await kindsOf(harness), ["started", "gate-passed", "step-advanced"]);
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

const failures = [
  { onFailure: "rollback", phase: "rolled-back" },
  { onFailure: "hold", phase: "progressing" },
] as const;

for (const { onFailure, phase } of failures) {
  test(`a gate that says no means ${onFailure}, with its reason in the log`, async () => {
    const hook = new FakeHook({ onFailure });
    hook.says = { outcome: "fail", reason: "not on Fridays" };
    const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
    await harness.start(planWithGates({ after: ["smoke"] }));
    await untilAsked(harness, hook);
    const view = await settle(harness);
    assert.equal(view?.state.phase, phase);
    assert.equal(view.state.stepIndex, 0);
    assert.equal(hook.asked.length, 1);
    const failed = (await harness.store.events("test")).find(({ kind }) => kind === "gate-failed");
    assert.match(failed?.reason ?? "", /not on Fridays/);
  });
}

test("a gate that held is asked again, under another id, once a person resumes", async () => {
  const hook = new FakeHook({ onFailure: "hold" });
  hook.says = { outcome: "fail", reason: "not on Fridays" };
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ after: ["smoke"] }));
  await untilAsked(harness, hook);
  await settle(harness);
  hook.says = { outcome: "pass", reason: "it is Monday" };
  const resumed = harness.loop.command(
    "test",
    { kind: "resume", by: "anna", reason: "" },
    undefined,
  );
  await harness.turn();
  await resumed;
  await settle(harness);
  assert.deepEqual(
    hook.asked.map(({ id }) => id),
    ["test/1/1/0/smoke", "test/1/1/1/smoke"],
  );
  assert.equal(harness.loop.get("test")?.state.stepIndex, 1);
});

const silences = [
  { name: "errors", says: new OutgoingError("failed", "answered with status 500") },
  { name: "mistakes in the program", says: "breaks" },
  {
    name: "putting off",
    says: { outcome: "later", reason: "still busy", retryAfterMs: undefined },
  },
] as const;

for (const { name, says } of silences) {
  test(`after ${name} a gate is asked again, under the same id, ever less often, and given up in time`, async () => {
    const hook = new FakeHook();
    hook.says = says;
    const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
    await harness.start(planWithGates({ before: ["smoke"] }));
    await harness.turn(1);
    const countAfter = async (seconds: number): Promise<number> => {
      for (let second = 0; second < seconds; second += 1) {
        await harness.turn(1_000);
      }
      return hook.asked.length;
    };
    const first = await countAfter(60);
    const second = (await countAfter(60)) - first;
    assert.ok(first >= 4 && first <= 10, `${first} attempts in the first minute`);
    assert.ok(second >= 1 && second <= 2, `${second} in the second`);
    assert.equal(new Set(hook.asked.map(({ id }) => id)).size, 1);
    await countAfter(540);
    const view = await settle(harness);
    assert.equal(view?.state.phase, "progressing");
    assert.match(view.state.gates?.failed?.reason ?? "", /^no answer in 10m: /);
    assert.equal(view.traffic.shadowBp, 0);
    const asked = hook.asked.length;
    await countAfter(120);
    assert.equal(hook.asked.length, asked);
  });
}

test("a plan with a gate that nobody has listed is refused, and what is known is named", async () => {
  const harness = new LoopHarness({ hooks: new Map([["smoke", new FakeHook()]]) });
  await assert.rejects(harness.start(planWithGates({ after: ["smoke", "board"] })), {
    code: "refused",
    message: "gate board: this sidecar's hooks are: smoke",
  });
  assert.deepEqual(await kindsOf(harness), []);
});

test("a gate that is listed no more holds, and is said to be unknown", async () => {
  const hook = new FakeHook();
  hook.says = { outcome: "later", reason: "not yet", retryAfterMs: undefined };
  const before = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await before.start(planWithGates({ before: ["smoke"] }));
  const harness = new LoopHarness({ store: before.store });
  await harness.restart();
  await settle(harness);
  const line = harness.logged.find(({ message }) => message === "gate not asked");
  assert.match(JSON.stringify(line?.fields), /no hook of this sidecar is named smoke/);
  assert.equal(harness.loop.get("test")?.traffic.shadowBp, 0);
});

test("a rollback while a gate hangs takes effect at once, and ends the question", async () => {
  const hook = new FakeHook();
  hook.says = "hangs";
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ after: ["smoke"] }));
  await untilAsked(harness, hook);
  const asked = harness.loop.command(
    "test",
    { kind: "rollback", by: "anna", reason: "" },
    undefined,
  );
  await harness.loop.turn();
  const view = await asked;
  assert.equal(view.state.phase, "rolled-back");
  assert.deepEqual([view.traffic.candidateBp, view.traffic.shadowBp], [0, 0]);
  await settle(harness);
  assert.deepEqual([hook.aborted, hook.underWay], [1, 0]);
});

test("a candidate that turns bad while a gate hangs is rolled back by its guardrails", async () => {
  const hook = new FakeHook();
  hook.says = "hangs";
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ after: ["smoke"] }));
  await untilAsked(harness, hook);
  const view = await harness.turnUntil(({ state }) => state.phase === "rolled-back", 500);
  assert.equal(view?.state.phase, "rolled-back");
  await settle(harness);
  assert.equal(hook.underWay, 0);
});

test("a rollout has at most one attempt under way, and a hanging gate of one holds up no other rollout", async () => {
  const hook = new FakeHook();
  hook.says = "hangs";
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start({ ...planWithGates({ before: ["smoke"] }), name: "other" });
  await harness.start(quickPlan);
  const view = await harness.turnUntil(({ state }) => state.phase === "promoted");
  assert.equal(view?.state.phase, "promoted");
  assert.deepEqual([hook.underWayMax, hook.asked.length], [1, 1]);
});

test("a pause lets an attempt end, asks nothing new, and its answer counts once it is over", async () => {
  const hook = new FakeHook();
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  hook.says = { outcome: "later", reason: "not yet", retryAfterMs: undefined };
  await harness.start(planWithGates({ before: ["smoke"] }));
  const command = async (kind: "pause" | "resume"): Promise<void> => {
    const done = harness.loop.command("test", { kind, by: "anna", reason: "" }, undefined);
    await harness.turn();
    await done;
  };
  await command("pause");
  const asked = hook.asked.length;
  await harness.turn(60_000);
  await settle(harness);
  assert.equal(hook.asked.length, asked);
  hook.says = { outcome: "pass", reason: "all is well" };
  await command("resume");
  const view = await settle(harness);
  assert.equal(view?.traffic.shadowBp, 10_000);
  assert.equal(new Set(hook.asked.map(({ id }) => id)).size, 1);
});

test("after a restart in the middle of a question it is asked again under its id, and answered once in the log", async () => {
  const hook = new FakeHook();
  hook.says = "hangs";
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ before: ["smoke"] }));
  await harness.turn(1);
  hook.says = { outcome: "pass", reason: "all is well" };
  await harness.restart();
  await settle(harness);
  await harness.restart();
  await settle(harness);
  assert.deepEqual(
    hook.asked.map(({ id }) => id),
    ["test/1/0/0/smoke", "test/1/0/0/smoke"],
  );
  assert.deepEqual(await kindsOf(harness), ["started", "gate-passed", "step-advanced"]);
});

test("each attempt is in the log and counted, by what came of it", async () => {
  const hook = new FakeHook();
  hook.says = new OutgoingError("unreachable", "no whole answer in time");
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ before: ["smoke"] }));
  await settle(harness);
  hook.says = { outcome: "pass", reason: "all is well" };
  await harness.turn(5_000);
  await settle(harness);
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
  const hook = new FakeHook();
  hook.says = "hangs";
  const harness = new LoopHarness({ hooks: new Map([["smoke", hook]]) });
  await harness.start(planWithGates({ before: ["smoke"] }));
  await harness.turn(1);
  await harness.loop.run(AbortSignal.abort());
  assert.deepEqual([hook.aborted, hook.underWay], [1, 0]);
});
