import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import type { Target } from "../../sidecar/core/target.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import { ActuatorError } from "../../sidecar/ports.ts";
import { XdsActuator } from "../../sidecar/xds/actuator.ts";
import { canary, one, shadow, two } from "../support/connectedFilter.ts";
import { envoysDocument } from "../support/envoysDocument.ts";
import { connectEnvoy, weightsOf } from "../support/fakeEnvoy.ts";

type World = {
  readonly actuator: XdsActuator;
  readonly told: string[];
  readonly complete: () => void;
  readonly apply: (target: Target, traffic: Traffic) => Promise<void>;
};

/** Every Envoy has had the time to connect once `complete` is called. */
function world(context: TestContext): World {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const actuator = new XdsActuator(envoysDocument, (rollout) => void told.push(rollout));
  return {
    actuator,
    told,
    complete: () => context.mock.timers.tick(envoysDocument.returnWithin),
    apply: (target, traffic) => actuator.apply(target, traffic),
  };
}

test("the version from before a rollout has all requests until there is one", (context) => {
  const { actuator } = world(context);
  assert.deepEqual(weightsOf(connectEnvoy(actuator), "one"), { "cluster-1": 10_000 });
});

test("weights are those of the traffic, and a rollout leaves the other's as they were", async (context) => {
  const { actuator, apply } = world(context);
  const envoy = connectEnvoy(actuator);
  await apply(one, canary);
  assert.deepEqual(weightsOf(envoy, "one"), { "cluster-2": 500, "cluster-1": 9_500 });
  assert.deepEqual(weightsOf(envoy, "two"), { "cluster-1": 10_000 });
});

test("in force is what all Envoys have acknowledged", async (context) => {
  const { actuator, complete, apply } = world(context);
  connectEnvoy(actuator);
  const slow = connectEnvoy(actuator, { name: "edge-2", protocol: "delta" });
  complete();
  await apply(one, shadow);
  assert.deepEqual((await actuator.read(one)).inForce, shadow);
  slow.keepSilent();
  await apply(one, canary);
  assert.equal((await actuator.read(one)).inForce, undefined);
  slow.answer(slow.replies.at(-1)?.nonce ?? "");
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

test("nothing is said to be in force before every Envoy has had the time to come back", async (context) => {
  const { actuator, complete, told, apply } = world(context);
  connectEnvoy(actuator);
  await apply(one, canary);
  assert.equal((await actuator.read(one)).inForce, undefined);
  told.length = 0;
  complete();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
  assert.deepEqual(new Set(told), new Set(["one", "two"]));
});

test("an Envoy that wants no resource with the rollout says nothing of it", async (context) => {
  const { actuator, complete, apply } = world(context);
  connectEnvoy(actuator);
  connectEnvoy(actuator, { names: ["only-two"] }).keepSilent();
  complete();
  await apply(one, canary);
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

test("what an Envoy refuses is told in its words, and what is in force stays", async (context) => {
  const { actuator, complete, apply } = world(context);
  const envoy = connectEnvoy(actuator, { name: "edge-7" });
  complete();
  await apply(one, shadow);
  envoy.refuse("Only a single wildcard domain is permitted");
  await apply(one, canary);
  const why = "refused by the Envoy edge-7: Only a single wildcard domain is permitted";
  assert.deepEqual(await actuator.read(one), { inForce: shadow, generation: 1, problem: why });
  await assert.rejects(apply(one, canary), new ActuatorError("denied", why));
});

test("what was refused is offered again with every attempt, and in force once it is taken", async (context) => {
  const { actuator, complete, apply } = world(context);
  const envoy = connectEnvoy(actuator);
  complete();
  envoy.refuse("not yet");
  await apply(one, canary);
  const before = envoy.replies.length;
  await assert.rejects(apply(one, canary));
  assert.equal(envoy.replies.length, before + 1);
  envoy.refuse(undefined);
  await assert.rejects(apply(one, canary));
  await apply(one, canary);
  assert.deepEqual(await actuator.read(one), {
    inForce: canary,
    generation: 2,
    problem: undefined,
  });
});

test("an Envoy that comes back with what it is to have is in force at once", async (context) => {
  const before = new XdsActuator(envoysDocument, () => undefined);
  await before.apply(one, canary);
  const { has } = connectEnvoy(before);
  const { actuator, complete, apply } = world(context);
  await apply(one, canary);
  connectEnvoy(actuator, { had: has, protocol: "delta" });
  complete();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
});

for (const protocol of ["whole", "delta"] as const) {
  test(`an Envoy with newer traffic keeps it, and its generation is told (${protocol})`, async (context) => {
    const before = new XdsActuator(envoysDocument, () => undefined);
    await before.apply(one, { ...canary, generation: 9 });
    const { has } = connectEnvoy(before);
    const { actuator, apply } = world(context);
    await apply(one, canary);
    const envoy = connectEnvoy(actuator, { had: has, protocol });
    assert.deepEqual(envoy.replies, []);
    assert.equal((await actuator.read(one)).generation, 9);
    await apply(one, { ...canary, generation: 10 });
    assert.equal(envoy.replies.length, 1);
  });
}

test("an Envoy's version of another server, or one that lies, is no generation", async (context) => {
  const { actuator } = world(context);
  const lies = "0123456789abcdef;one@999999999999999;two@-1;one;@5;=";
  const had = new Map([["front", lies]]);
  const envoy = connectEnvoy(actuator, { had });
  assert.equal((await actuator.read(one)).generation, 0);
  assert.equal(envoy.replies.length, 1);
});

test("that no Envoy wants the rollout is said", async (context) => {
  const { actuator, apply } = world(context);
  connectEnvoy(actuator, { names: ["only-two"] });
  await apply(one, canary);
  const problem = "no Envoy that is connected wants a resource with the rollout";
  assert.deepEqual(await actuator.read(one), { inForce: undefined, generation: 0, problem });
});

test("Envoys that went away are not waited for", async (context) => {
  const { actuator, complete, told, apply } = world(context);
  connectEnvoy(actuator);
  const gone = connectEnvoy(actuator);
  complete();
  gone.keepSilent();
  await apply(one, canary);
  told.length = 0;
  gone.close();
  assert.deepEqual((await actuator.read(one)).inForce, canary);
  assert.ok(told.includes("one"));
});

test("a rollout or a version that the file does not list is missing", async (context) => {
  const { actuator, apply } = world(context);
  const other: Target = { ...one, rollout: "other" };
  const unlisted = new ActuatorError("missing", "the file of --xds lists no rollout other");
  await assert.rejects(actuator.read(other), unlisted);
  await assert.rejects(apply(other, canary), unlisted);
  await assert.rejects(
    apply({ ...one, candidate: "v3" }, canary),
    new ActuatorError("missing", "the rollout one has no version v3 in the file of --xds"),
  );
});

test("another document is offered to those who want what it changes, with the traffic in force", async (context) => {
  const { actuator, apply } = world(context);
  await apply(two, canary);
  const envoy = connectEnvoy(actuator);
  const [front, onlyTwo] = envoysDocument.routes;
  assert.ok(front !== undefined && onlyTwo !== undefined);
  actuator.replace({ ...envoysDocument, routes: [{ ...onlyTwo, name: "front" }] });
  assert.deepEqual(weightsOf(envoy, "one"), {});
  assert.deepEqual(weightsOf(envoy, "two"), { "cluster-2": 500, "cluster-1": 9_500 });
});

test("a document without a version that has traffic is not taken", async (context) => {
  const { actuator, apply } = world(context);
  await apply(one, canary);
  const rollouts = [{ name: "one", versions: [{ name: "v1", cluster: "c" }], before: "v1" }];
  assert.throws(
    () => actuator.replace({ ...envoysDocument, rollouts }),
    /the rollout one needs its version v2 in the list/,
  );
  assert.deepEqual(weightsOf(connectEnvoy(actuator), "one"), {
    "cluster-2": 500,
    "cluster-1": 9_500,
  });
});
