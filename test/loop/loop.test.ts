import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import { backoffMs } from "../../sidecar/core/backoff.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { type Target, targetOf } from "../../sidecar/core/target.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import { type Change, StoreError } from "../../sidecar/ports.ts";
import { FlakyStore } from "../support/flaky.ts";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

const isPromoted = ({ state }: { state: { phase: string } }): boolean => state.phase === "promoted";

test("a good candidate is promoted, a failing one is rolled back", async () => {
  const [good, bad] = [new LoopHarness(), new LoopHarness()];
  await good.start();
  await bad.start();
  assert.equal((await good.turnUntil(isPromoted))?.state.phase, "promoted");
  assert.equal((await bad.turnUntil(isPromoted, 500))?.state.phase, "rolled-back");
});

test("without evidence the traffic stays, however long it takes", async () => {
  const harness = new LoopHarness();
  const { traffic } = await harness.start();
  for (let turns = 0; turns < 50; turns += 1) {
    await harness.turn(60_000);
  }
  assert.deepEqual(harness.loop.get("test")?.traffic, traffic);
});

test("what is decided is handed to the actuator in the same turn", async () => {
  const harness = new LoopHarness();
  await harness.start();
  const command = { kind: "rollback", by: "test", reason: "" } as const;
  const asked = harness.loop.command("test", command, undefined);
  await harness.loop.turn();
  const { traffic } = await asked;
  const signal = new AbortController().signal;
  const { inForce } = await harness.actuator.read(targetOf(quickPlan), signal);
  assert.deepEqual(inForce, traffic);
});

test("evidence goes on from the store after a restart, and the traffic is the same", async () => {
  const harness = new LoopHarness();
  await harness.start();
  const before = await harness.turnUntil(({ evidence }) => evidence.pairs >= 20);
  await harness.turn(1_500);
  await harness.restart();
  const after = harness.loop.get("test");
  assert.ok((after?.evidence.pairs ?? 0) >= (before?.evidence.pairs ?? 0));
  assert.deepEqual(after?.traffic, harness.loop.get("test")?.traffic);
  assert.equal((await harness.turnUntil(isPromoted))?.state.phase, "promoted");
});

test("evidence of an ended rollout stays as it was when it ended", async () => {
  const harness = new LoopHarness();
  await harness.start();
  const ended = await harness.turnUntil(isPromoted);
  harness.see(100, 500);
  const later = await harness.turn(10_000);
  assert.deepEqual(later?.evidence, ended?.evidence);
  assert.equal(later?.state.phase, "promoted");
});

const jumps: readonly { name: string; to: (nowMs: number) => number }[] = [
  { name: "an hour on", to: (nowMs) => nowMs + 3_600_000 },
  { name: "an hour back", to: (nowMs) => nowMs - 3_600_000 },
  { name: "to 1970", to: () => 1_000 },
];

for (const { name, to } of jumps) {
  test(`case 77: when the date jumps ${name}, no step ends before its time`, async () => {
    const minimum = { pairs: 0, requests: 0, timeMs: 600_000 };
    const steps: Plan["steps"] = [{ kind: "shadow", shadowBp: 10_000, minimum }];
    const harness = new LoopHarness();
    const guardrails = quickPlan.guardrails.filter(({ kind }) => kind === "disagreement");
    await harness.start({ ...quickPlan, guardrails, steps });
    await harness.turnUntil(({ verdict }) => verdict.judgement === "pass");
    harness.clock.setWall(to(harness.clock.wallMs()));
    const early = await harness.turn(100);
    assert.equal(early?.state.phase, "progressing");
    const late = await harness.turn(600_000);
    assert.equal(late?.state.phase, "promoted");
    assert.ok((late?.state.updatedAtMs ?? 0) >= (early?.state.updatedAtMs ?? 0));
  });
}

test("case 72: while the store fails nothing is decided, the traffic stays, and it heals", async () => {
  let isFull = false;
  const harness = new LoopHarness({ store: new FlakyStore(() => isFull) });
  const { traffic } = await harness.start();
  await harness.turnUntil(({ evidence }) => evidence.pairs >= 20);
  const before = harness.loop.get("test")?.state;
  isFull = true;
  const during = await harness.turnUntil(isPromoted, 500);
  assert.deepEqual(during?.state, before);
  assert.equal(harness.loop.isStoreTrusted, false);
  const command = { kind: "promote", by: "test", reason: "" } as const;
  const refused = assert.rejects(harness.loop.command("test", command, undefined), {
    code: "unavailable",
  });
  await harness.turn();
  await refused;
  isFull = false;
  await harness.turn(20_000);
  assert.equal(harness.loop.isStoreTrusted, true);
  const healed = await harness.turnUntil(({ state }) => state.phase === "rolled-back", 500);
  assert.equal(healed?.state.phase, "rolled-back");
  assert.ok((healed?.traffic.generation ?? 0) > traffic.generation);
});

test("a save that reports failure but was made is found again, and not made twice", async () => {
  const store = new FlakyStore(() => false);
  const save = store.save.bind(store);
  let failures = 1;
  store.save = async (change: Change): Promise<void> => {
    await save(change);
    if (change.events.some(({ kind }) => kind === "promoted") && failures > 0) {
      failures -= 1;
      throw new StoreError("unavailable", "reported failure");
    }
  };
  const harness = new LoopHarness({ store });
  await harness.start();
  const command = { kind: "promote", by: "test", reason: "" } as const;
  const refused = assert.rejects(harness.loop.command("test", command, undefined), {
    code: "unavailable",
  });
  await harness.turn();
  await refused;
  const found = await harness.turn(20_000);
  assert.equal(found?.state.phase, "promoted");
  const events = await store.events("test");
  assert.deepEqual(
    events.map(({ kind }) => kind),
    ["started", "promoted"],
  );
});

test("an actuator that hangs is given up and tried again, and never holds up a newer wish", async () => {
  class HangingActuator extends MemoryActuator {
    hangs = true;
    override async apply(target: Target, traffic: Traffic): Promise<void> {
      await (this.hangs ? new Promise<void>(() => undefined) : super.apply(target, traffic));
    }
  }
  const actuator = new HangingActuator();
  const harness = new LoopHarness({ actuator });
  await harness.start();
  await harness.turn(5_000);
  await harness.turn(5_000);
  const failures = await harness.metrics.actuatorFailures.get();
  assert.ok((failures.values[0]?.value ?? 0) >= 1);
  assert.equal(harness.loop.get("test")?.problem, "unreachable: no answer in 5000 ms");
  actuator.hangs = false;
  const command = { kind: "rollback", by: "test", reason: "" } as const;
  harness.loop.command("test", command, undefined).catch(() => undefined);
  const view = await harness.turn();
  const { inForce } = await actuator.read(targetOf(quickPlan));
  assert.deepEqual(inForce, view?.traffic);
  assert.equal(view?.problem, undefined);
});

test("the wait before a retry doubles between its bounds, of which half to all is taken", () => {
  const bounds = { minMs: 100, maxMs: 5_000 };
  fc.assert(
    fc.property(fc.nat({ max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, luck) => {
      const whole = Math.min(5_000, 100 * 2 ** n);
      const waitMs = backoffMs(n, bounds, () => luck);
      return waitMs >= whole / 2 && waitMs <= whole;
    }),
  );
});
