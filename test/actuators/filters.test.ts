import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "#policy";
import { FILTERS_RETURN_MS } from "../../sidecar/actuators/filters.ts";
import {
  canary,
  completeActuator,
  connectFilter,
  one,
  shadow,
} from "../support/connectedFilter.ts";

test("a filter that connects later gets the newest traffic at once", async (context) => {
  const { actuator, complete } = completeActuator(context);
  await actuator.apply(one, shadow);
  await actuator.apply(one, canary);
  const { pushed } = connectFilter(actuator, ["one"]);
  complete();
  assert.deepEqual(pushed, [canary]);
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

test("nothing is in force while one filter lags, nor when none is connected", async (context) => {
  const { actuator, complete } = completeActuator(context);
  const good = connectFilter(actuator, ["one"]);
  const mute = actuator.connect({ name: "mute", rollouts: ["one"], push: () => undefined });
  complete();
  await actuator.apply(one, canary);
  assert.equal((await actuator.read(one)).inForce, undefined);
  mute.report("one", shadow, "");
  assert.equal((await actuator.read(one)).inForce, undefined);
  mute.close();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
  good.close();
  assert.equal((await actuator.read(one)).inForce, undefined);
});

test("the greatest generation is that of any filter, in force or not", async (context) => {
  const { actuator } = completeActuator(context);
  const [ahead] = [connectFilter(actuator, ["one"]), connectFilter(actuator, ["one"])];
  await actuator.apply(one, shadow);
  ahead.report("one", { ...canary, generation: 41 }, "");
  const { inForce, generation } = await actuator.read(one);
  assert.equal(inForce, undefined);
  assert.equal(generation, 41);
});

test("a filter is told only of the rollouts in its configuration", async (context) => {
  const { actuator } = completeActuator(context);
  const { pushed } = connectFilter(actuator, ["two"]);
  await actuator.apply(one, canary);
  assert.deepEqual(pushed, []);
});

test("every piece of news is told to whoever waits for traffic to be in force, and nothing twice", async (context) => {
  const { actuator, told } = completeActuator(context);
  const connection = connectFilter(actuator, ["one"]);
  await actuator.apply(one, shadow);
  connection.report("one", shadow, "");
  connection.close();
  assert.deepEqual(told, ["one", "one", "one"]);
});

test("traffic applied again goes only to filters that do not serve it", async (context) => {
  const { actuator } = completeActuator(context);
  const good = connectFilter(actuator, ["one"]);
  const stranger = connectFilter(actuator, ["one"], "v3");
  await actuator.apply(one, canary);
  await actuator.apply(one, canary);
  assert.equal(good.pushed.length, 1);
  assert.equal(stranger.pushed.length, 2);
});

test("traffic about something else goes to every filter, though its values are the same", async (context) => {
  const { actuator } = completeActuator(context);
  const { pushed } = connectFilter(actuator, ["one"]);
  await actuator.apply(one, canary);
  await actuator.apply({ ...one, requestTimeoutMs: 2_000 }, canary);
  assert.equal(pushed.length, 2);
});

test("a refusal is the problem until the filter takes traffic, or is gone", async (context) => {
  const { actuator } = completeActuator(context);
  const stranger = connectFilter(actuator, ["one"], "v3");
  connectFilter(actuator, ["one"]);
  await actuator.apply(one, canary);
  const problem = "refused by the filter of node of v3: candidate_version: v2: v3";
  assert.equal((await actuator.read(one)).problem, problem);
  await actuator.apply(one, canary);
  assert.equal((await actuator.read(one)).problem, problem);
  stranger.report("one", canary, "");
  assert.equal((await actuator.read(one)).problem, undefined);
  stranger.report("one", canary, "something");
  stranger.close();
  assert.equal((await actuator.read(one)).problem, undefined);
});

test("nothing is in force until the filters that may be waiting to connect again have had the time", async (context) => {
  const { actuator, told, complete } = completeActuator(context);
  await actuator.apply(one, canary);
  connectFilter(actuator, ["one"]);
  complete(FILTERS_RETURN_MS - 1);
  const early = await actuator.read(one);
  assert.deepEqual([early.inForce, early.generation], [undefined, canary.generation]);
  told.splice(0);
  complete(1);
  assert.deepEqual(told, ["one"]);
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

test("once every filter was gone, the time begins anew", async (context) => {
  const { actuator, complete } = completeActuator(context);
  await actuator.apply(one, canary);
  const first = connectFilter(actuator, ["one"]);
  complete();
  const second = connectFilter(actuator, ["one"]);
  first.close();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
  second.close();
  connectFilter(actuator, ["one"]);
  assert.equal((await actuator.read(one)).inForce, undefined);
  complete();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

test("filters come back within the time that they are given", () => {
  const TICK_MS = 50;
  const longest = Array.from({ length: 40 }, (_, index) => Number(backoffMs(index + 1, 4_999n)));
  assert.equal(Math.max(...longest), 5_049);
  assert.ok(Math.max(...longest) + TICK_MS < FILTERS_RETURN_MS);
});
