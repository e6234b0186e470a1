import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Actuator, Reading } from "../../sidecar/ports.ts";
import { canary, one, shadow, two } from "./connectedFilter.ts";
import { until } from "./until.ts";

const signal = new AbortController().signal;

/** An actuator of a kind, for one test. */
export type Maker = {
  readonly name: string;
  /** Why it can't be tested here. */
  readonly skip?: string | false;
  readonly make: (context: TestContext) => Actuator | Promise<Actuator>;
};

/** What holds for every actuator. */
export function testActuator({ name, make, skip = false }: Maker): void {
  test(`${name}: nothing is in force before anything was applied`, { skip }, async (context) => {
    const nothing = { inForce: undefined, generation: 0, problem: undefined };
    assert.deepEqual(await (await make(context)).read(one, signal), nothing);
  });

  test(`${name}: what was applied last is in force`, { skip }, async (context) => {
    const actuator = await make(context);
    await actuator.apply(one, shadow, signal);
    await actuator.apply(one, canary, signal);
    assert.deepEqual((await inForce(actuator, one)).inForce, canary);
  });

  test(`${name}: applying the same again changes nothing`, { skip }, async (context) => {
    const actuator = await make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(one, canary, signal);
    assert.deepEqual((await inForce(actuator, one)).inForce, canary);
  });

  test(`${name}: a smaller generation is not taken (case 21)`, { skip }, async (context) => {
    const actuator = await make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(one, shadow, signal);
    assert.deepEqual((await inForce(actuator, one)).inForce, canary);
  });

  test(`${name}: rollouts are kept apart`, { skip }, async (context) => {
    const actuator = await make(context);
    await actuator.apply(one, canary, signal);
    await actuator.apply(two, shadow, signal);
    assert.deepEqual((await inForce(actuator, one)).inForce, canary);
    assert.deepEqual((await inForce(actuator, two)).inForce, shadow);
  });
}

/** What is read once something is in force, which takes a control plane a moment. */
async function inForce(actuator: Actuator, target: typeof one): Promise<Reading> {
  return await until(
    async () => {
      const reading = await actuator.read(target, signal);
      return reading.inForce !== undefined && reading;
    },
    { deadlineMs: 10_000, what: `something is in force for ${target.rollout}` },
  );
}
