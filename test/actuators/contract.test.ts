import assert from "node:assert/strict";
import { test } from "node:test";
import { FiltersActuator } from "../../sidecar/actuators/filters.ts";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import type { Actuator, FilterConnection, FilterStream } from "../../sidecar/ports.ts";

/** A filter that serves what it is told, unless it is older than what it has. */
function connectFilter(
  actuator: FiltersActuator,
  rollouts: readonly string[],
): FilterConnection & { readonly pushed: Traffic[] } {
  const pushed: Traffic[] = [];
  /** Reports of what was pushed while the stream was being connected. */
  const early: (() => void)[] = [];
  const inForce = new Map<string, Traffic>();
  let connection: FilterConnection | undefined;
  const stream: FilterStream = {
    rollouts,
    push: (rollout, traffic) => {
      pushed.push(traffic);
      const before = inForce.get(rollout);
      const isOlder = before !== undefined && before.generation > traffic.generation;
      const taken = isOlder ? before : traffic;
      inForce.set(rollout, taken);
      const report = (): void => connection?.report(rollout, taken);
      early.push(report);
      report();
    },
  };
  connection = actuator.connect(stream);
  for (const report of early.splice(0)) {
    report();
  }
  return { ...connection, pushed };
}

const signal = new AbortController().signal;
const shadow: Traffic = { generation: 1, candidateBp: 0, shadowBp: 10_000, shadowPrimary: false };
const canary: Traffic = { generation: 2, candidateBp: 500, shadowBp: 10_000, shadowPrimary: true };

const actuators: readonly { name: string; make: () => Actuator }[] = [
  { name: "memory", make: () => new MemoryActuator() },
  {
    name: "filters",
    make: () => {
      const actuator = new FiltersActuator(() => undefined);
      connectFilter(actuator, ["one", "two"]);
      connectFilter(actuator, ["two", "one"]);
      return actuator;
    },
  },
];

for (const { name, make } of actuators) {
  test(`${name}: nothing is in force before anything was applied`, async () => {
    assert.equal(await make().read("one", signal), undefined);
  });

  test(`${name}: what was applied last is in force`, async () => {
    const actuator = make();
    await actuator.apply("one", shadow, signal);
    await actuator.apply("one", canary, signal);
    assert.deepEqual(await actuator.read("one", signal), canary);
  });

  test(`${name}: applying the same again changes nothing`, async () => {
    const actuator = make();
    await actuator.apply("one", canary, signal);
    await actuator.apply("one", canary, signal);
    assert.deepEqual(await actuator.read("one", signal), canary);
  });

  test(`${name}: a smaller generation is not taken (case 21)`, async () => {
    const actuator = make();
    await actuator.apply("one", canary, signal);
    await actuator.apply("one", shadow, signal);
    assert.deepEqual(await actuator.read("one", signal), canary);
  });

  test(`${name}: rollouts are kept apart`, async () => {
    const actuator = make();
    await actuator.apply("one", canary, signal);
    await actuator.apply("two", shadow, signal);
    assert.deepEqual(await actuator.read("one", signal), canary);
    assert.deepEqual(await actuator.read("two", signal), shadow);
  });
}

test("filters: a filter that connects later gets the newest traffic at once", async () => {
  const actuator = new FiltersActuator(() => undefined);
  await actuator.apply("one", shadow);
  await actuator.apply("one", canary);
  const { pushed } = connectFilter(actuator, ["one"]);
  assert.deepEqual(pushed, [canary]);
  assert.deepEqual(await actuator.read("one"), canary);
});

test("filters: nothing is in force while one filter lags, nor when none is connected", async () => {
  const actuator = new FiltersActuator(() => undefined);
  const good = connectFilter(actuator, ["one"]);
  const mute = actuator.connect({ rollouts: ["one"], push: () => undefined });
  await actuator.apply("one", canary);
  assert.equal(await actuator.read("one"), undefined);
  mute.report("one", shadow);
  assert.equal(await actuator.read("one"), undefined);
  mute.close();
  assert.deepEqual(await actuator.read("one"), canary);
  good.close();
  assert.equal(await actuator.read("one"), undefined);
});

test("filters: a filter is told only of the rollouts in its configuration", async () => {
  const actuator = new FiltersActuator(() => undefined);
  const { pushed } = connectFilter(actuator, ["two"]);
  await actuator.apply("one", canary);
  assert.deepEqual(pushed, []);
});

test("filters: every report, connection and end is told to whoever waits for traffic to be in force", async () => {
  const told: string[] = [];
  const actuator = new FiltersActuator((rollout) => told.push(rollout));
  const connection = connectFilter(actuator, ["one"]);
  await actuator.apply("one", shadow);
  connection.close();
  assert.deepEqual(told, ["one", "one", "one"]);
});
