import assert from "node:assert/strict";
import { test } from "node:test";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { FakeHook } from "../support/fakeHook.ts";
import { GateStage, planWithGates } from "../support/gateStage.ts";
import { LoopHarness } from "../support/loopHarness.ts";

const failures = [
  { onFailure: "rollback", phase: "rolled-back" },
  { onFailure: "hold", phase: "progressing" },
] as const;

for (const { onFailure, phase } of failures) {
  test(`a gate that says no means ${onFailure}, with its reason in the log`, async () => {
    const stage = new GateStage(new FakeHook({ onFailure }));
    stage.hook.says = { outcome: "fail", reason: "not on Fridays" };
    await stage.untilAsked();
    const view = await stage.settle();
    assert.equal(view?.state.phase, phase);
    assert.equal(view.state.stepIndex, 0);
    assert.equal(stage.hook.asked.length, 1);
    const events = await stage.harness.store.events("test");
    const failed = events.find(({ kind }) => kind === "gate-failed");
    assert.match(failed?.reason ?? "", /not on Fridays/);
  });
}

test("a gate that held is asked again, under another id, once a person resumes", async () => {
  const stage = new GateStage(new FakeHook({ onFailure: "hold" }));
  stage.hook.says = { outcome: "fail", reason: "not on Fridays" };
  await stage.untilAsked();
  await stage.settle();
  stage.hook.says = { outcome: "pass", reason: "it is Monday" };
  await stage.command("resume");
  await stage.settle();
  assert.deepEqual(
    stage.hook.asked.map(({ id }) => id),
    ["test/1/1/0/smoke", "test/1/1/1/smoke"],
  );
  assert.equal(stage.harness.loop.get("test")?.state.stepIndex, 1);
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
    const stage = new GateStage();
    const { harness, hook } = stage;
    hook.says = says;
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
    const view = await stage.settle();
    assert.equal(view?.state.phase, "progressing");
    assert.match(view.state.gates?.failed?.reason ?? "", /^no answer in 10m: /);
    assert.equal(view.traffic.shadowBp, 0);
    const asked = hook.asked.length;
    await countAfter(120);
    assert.equal(hook.asked.length, asked);
  });
}

test("how far it has come to ask is shown, and no more once the gate has answered", async () => {
  const stage = new GateStage();
  stage.hook.says = new OutgoingError("failed", "answered with status 500");
  await stage.harness.start(planWithGates({ before: ["smoke"] }));
  const asking = (await stage.settle())?.asking;
  assert.deepEqual(asking, { gate: "smoke", attempts: 1, last: "answered with status 500" });
  stage.hook.says = { outcome: "pass", reason: "all is well" };
  await stage.harness.turn(5_000);
  assert.equal((await stage.settle())?.asking, undefined);
});

test("a gate that wants to be left alone is, and not beyond the time at which it is given up", async () => {
  const { harness, hook } = new GateStage();
  hook.says = { outcome: "later", reason: "tomorrow", retryAfterMs: 86_400_000 };
  await harness.start(planWithGates({ before: ["smoke"] }));
  await harness.turn(1);
  await harness.turn(599_000);
  assert.equal(hook.asked.length, 1);
  await harness.turn(2_000);
  const view = await harness.turn(1);
  assert.equal(hook.asked.length, 2);
  assert.match(view?.state.gates?.failed?.reason ?? "", /^no answer in 10m: tomorrow$/);
});

test("a gate whose silence means rollback rolls back when it is given up", async () => {
  const stage = new GateStage(new FakeHook({ onSilence: "rollback" }));
  stage.hook.says = new OutgoingError("unreachable", "ECONNREFUSED");
  await stage.harness.start(planWithGates({ before: ["smoke"] }));
  await stage.harness.turn(1);
  await stage.harness.turn(601_000);
  const view = await stage.settle();
  assert.equal(view?.state.phase, "rolled-back");
});

test("a plan with a gate that nobody has listed is refused, and what is known is named", async () => {
  const stage = new GateStage();
  await assert.rejects(stage.harness.start(planWithGates({ after: ["smoke", "board"] })), {
    code: "refused",
    message: "gate board: this sidecar's hooks are: smoke",
  });
  assert.deepEqual(await stage.kinds(), []);
});

test("a gate that is listed no more holds, and is said to be unknown", async () => {
  const before = new GateStage();
  before.hook.says = { outcome: "later", reason: "not yet", retryAfterMs: undefined };
  await before.harness.start(planWithGates({ before: ["smoke"] }));
  const harness = new LoopHarness({ store: before.harness.store });
  await harness.restart();
  await harness.turn(1);
  const line = harness.logged.find(({ message }) => message === "gate not asked");
  assert.match(JSON.stringify(line?.fields), /no hook of this sidecar is named smoke/);
  assert.equal(harness.loop.get("test")?.traffic.shadowBp, 0);
});
