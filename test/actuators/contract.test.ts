import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Actuator } from "../../sidecar/ports.ts";
import {
  canary,
  completeActuator,
  connectFilter,
  one,
  shadow,
  two,
} from "../support/connectedFilter.ts";

const signal = new AbortController().signal;

const actuators: readonly { name: string; make: (context: TestContext) => Actuator }[] = [
  { name: "memory", make: () => new MemoryActuator() },
  {
    name: "filters",
    make: (context) => {
      const { actuator, complete } = completeActuator(context);
      connectFilter(actuator, ["one", "two"]);
      connectFilter(actuator, ["two", "one"]);
      complete();
      return actuator;
    },
  },
];

for (const { name, make } of actuators) {
  test(`${name}: nothing is in force before anything was applied`, async (context) => {
    const nothing = { inForce: undefined, generation: 0, problem: undefined };
    assert.deepEqual(await make(context).read(one, signal), nothing);
  });

  test(`${name}: what was applied last is in force`, async (context) => {
    const actuator = make(context);
    await actuator.apply(one, shadow, signal);
    await actuator.apply(one, canary, signal);
    assert.deepEqual((await actuator.read(one, signal)).inForce, canary);
  });

  test(`${name}: applying the same again changes nothing`, async (context) => {
    const actuator = make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(one, canary, signal);
    assert.deepEqual((await actuator.read(one, signal)).inForce, canary);
  });

  test(`${name}: a smaller generation is not taken (case 21)`, async (context) => {
    const actuator = make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(one, shadow, signal);
    assert.deepEqual((await actuator.read(one, signal)).inForce, canary);
  });

  test(`${name}: rollouts are kept apart`, async (context) => {
    const actuator = make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(two, shadow, signal);
    assert.deepEqual((await actuator.read(one, signal)).inForce, canary);
    assert.deepEqual((await actuator.read(two, signal)).inForce, shadow);
  });
}
