import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import type { Probe } from "../../sidecar/ports/probe.ts";
import type { RolloutView } from "../../sidecar/ports.ts";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

const URLS = { primary: "http://v1/ready", candidate: "http://v2/ready" } as const;
const EVERY_MS = 1_000;
const plan: Plan = { ...quickPlan, readiness: { ...URLS, everyMs: EVERY_MS, failures: 2 } };

/** Variants in the hands of a test. */
class FakeVariants implements Probe {
  readonly asked: string[] = [];
  readonly down = new Set<string>();
  readonly hanging = new Set<string>();

  async check(url: string, signal: AbortSignal): Promise<void> {
    this.asked.push(url);
    if (this.hanging.has(url)) {
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new OutgoingError("unreachable", "cut")));
      });
    }
    if (this.down.has(url)) {
      throw new OutgoingError("busy", "answered with status 503");
    }
  }
}

function stageWith(variants: FakeVariants): LoopHarness {
  return new LoopHarness({ probe: variants });
}

/** Time passes until both were asked so many times more. */
async function periods(harness: LoopHarness, count: number): Promise<RolloutView | undefined> {
  for (let period = 0; period < count; period += 1) {
    await harness.turn(EVERY_MS);
    await harness.turn(1);
  }
  return harness.loop.get("test");
}

const isPromoted = ({ state }: RolloutView): boolean => state.phase === "promoted";
const isInCanary = ({ state }: RolloutView): boolean => state.stepIndex === 1;

test("variants that are ready hold nothing", async () => {
  const harness = stageWith(new FakeVariants());
  await harness.start(plan);
  const view = await harness.turnUntil(isPromoted);
  assert.equal(view?.state.phase, "promoted");
});

test("a candidate that is not ready gets copies and no users, until it is", async () => {
  const variants = new FakeVariants();
  variants.down.add(URLS.candidate);
  const harness = stageWith(variants);
  await harness.start(plan);
  const held = await harness.turnUntil(isInCanary);
  assert.deepEqual([held?.state.stepIndex, held?.traffic.candidateBp], [0, 0]);
  assert.equal(held?.traffic.shadowBp, 10_000);
  variants.down.clear();
  const going = await harness.turnUntil(isInCanary);
  assert.equal(going?.traffic.candidateBp, 5_000);
});

test("nobody's promotion sends users to a candidate that is not ready", async () => {
  const variants = new FakeVariants();
  variants.down.add(URLS.candidate);
  const harness = stageWith(variants);
  await harness.start(plan);
  await periods(harness, 3);
  const asked = harness.loop.command(
    "test",
    { kind: "promote", by: "anna", reason: "" },
    undefined,
  );
  const refused = assert.rejects(asked, /v2 is not ready: answered with status 503/);
  await harness.loop.turn();
  await refused;
});

test("a candidate that has not answered yet is not taken to be ready", async () => {
  const variants = new FakeVariants();
  variants.hanging.add(URLS.candidate);
  const harness = stageWith(variants);
  await harness.start(plan);
  const view = await harness.turnUntil(isInCanary);
  assert.equal(view?.state.stepIndex, 0);
});

test("one failure between successes changes nothing: a variant that flaps stays what it was", async () => {
  const variants = new FakeVariants();
  const harness = stageWith(variants);
  await harness.start(plan);
  await periods(harness, 2);
  for (let flap = 0; flap < 5; flap += 1) {
    variants.down.add(URLS.candidate);
    await periods(harness, 1);
    variants.down.clear();
    await periods(harness, 1);
  }
  const said = harness.logged.filter(({ message }) => /ready$/.test(message));
  assert.deepEqual(
    said.map(({ message }) => message),
    ["ready", "ready"],
  );
});

test("failures in a row are told once, and so is the first success after them", async () => {
  const variants = new FakeVariants();
  const harness = stageWith(variants);
  await harness.start(plan);
  await periods(harness, 2);
  variants.down.add(URLS.candidate);
  await periods(harness, 6);
  const { values: down } = await harness.metrics.ready.get();
  variants.down.clear();
  await periods(harness, 2);
  const { values: up } = await harness.metrics.ready.get();
  assert.deepEqual(
    [down, up].map((values) => values.map(({ value }) => value)),
    [
      [1, 0],
      [1, 1],
    ],
  );
  const said = harness.logged.filter(({ message }) => /ready$/.test(message));
  assert.deepEqual(
    said.map(({ message }) => message),
    ["ready", "ready", "not ready", "ready"],
  );
});

test("a rollback waits while the primary alone is not ready, and not for a person", async () => {
  const variants = new FakeVariants();
  const harness = stageWith(variants);
  await harness.start(plan);
  await harness.turnUntil(isInCanary);
  variants.down.add(URLS.primary);
  await periods(harness, 4);
  const held = await harness.turnUntil(({ state }) => state.phase === "rolled-back", 500);
  assert.equal(held?.state.phase, "progressing");
  const asked = harness.loop.command(
    "test",
    { kind: "rollback", by: "anna", reason: "" },
    undefined,
  );
  await harness.loop.turn();
  assert.equal((await asked).state.phase, "rolled-back");
});

test("a rollback goes ahead when neither variant is ready", async () => {
  const variants = new FakeVariants();
  const harness = stageWith(variants);
  await harness.start(plan);
  await harness.turnUntil(isInCanary);
  variants.down.add(URLS.primary).add(URLS.candidate);
  await periods(harness, 4);
  const view = await harness.turnUntil(({ state }) => state.phase === "rolled-back", 500);
  assert.equal(view?.state.phase, "rolled-back");
});

test("a rollout that has ended is not probed, and each variant of one under way once in a period", async () => {
  const variants = new FakeVariants();
  const harness = stageWith(variants);
  await harness.start(plan);
  const before = variants.asked.length;
  await periods(harness, 20);
  const inTwenty = variants.asked.length - before;
  assert.ok(inTwenty >= 36 && inTwenty <= 44, `${inTwenty} probes in 20 periods`);
  const asked = harness.loop.command(
    "test",
    { kind: "rollback", by: "anna", reason: "" },
    undefined,
  );
  await harness.loop.turn();
  await asked;
  await periods(harness, 1);
  const ended = variants.asked.length;
  await periods(harness, 5);
  assert.equal(variants.asked.length, ended);
});
