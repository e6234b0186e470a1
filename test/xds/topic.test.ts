import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { XdsActuator } from "../../sidecar/xds/actuator.ts";
import { canary, one, shadow, two } from "../support/connectedFilter.ts";
import { envoysDocument } from "../support/envoysDocument.ts";
import { connectEnvoy, type FakeEnvoy } from "../support/fakeEnvoy.ts";

function served(context: TestContext): XdsActuator {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  return new XdsActuator(envoysDocument, () => undefined);
}

const namesSent = ({ replies }: FakeEnvoy): readonly (readonly string[])[] =>
  replies.map(({ resources }) => resources.map(({ name }) => name));

for (const protocol of ["whole", "delta"] as const) {
  test(`an Envoy is sent what it wants, and again only what is another (${protocol})`, async (context) => {
    const actuator = served(context);
    const envoy = connectEnvoy(actuator, { protocol, names: ["front", "only-two"] });
    await actuator.apply(one, canary);
    await actuator.apply(one, canary);
    await actuator.apply(two, canary);
    assert.deepEqual(namesSent(envoy), [["front", "only-two"], ["front"], ["front", "only-two"]]);
  });

  test(`one response is under way at a time, and the next holds the newest alone (${protocol})`, async (context) => {
    const actuator = served(context);
    const envoy = connectEnvoy(actuator, { protocol });
    envoy.keepSilent();
    await actuator.apply(one, shadow);
    await actuator.apply(one, canary);
    await actuator.apply(one, { ...canary, generation: 3 });
    assert.equal(envoy.replies.length, 2);
    envoy.answer("2");
    assert.equal(envoy.replies.length, 3);
    assert.match(envoy.replies[2]?.resources[0]?.version ?? "", /;one@3$/);
  });

  test(`an answer to an older response acknowledges nothing (${protocol})`, async (context) => {
    const actuator = served(context);
    const envoy = connectEnvoy(actuator, { protocol });
    envoy.keepSilent();
    await actuator.apply(one, canary);
    envoy.answer("1");
    envoy.answer("1", "no");
    await actuator.apply(one, { ...canary, generation: 3 });
    assert.equal(envoy.replies.length, 2);
    assert.equal((await actuator.read(one)).problem, undefined);
  });

  test(`a name that is wanted later is sent, one that is left is not (${protocol})`, async (context) => {
    const actuator = served(context);
    const envoy = connectEnvoy(actuator, { protocol });
    envoy.want(["only-two"]);
    await actuator.apply(one, canary);
    assert.deepEqual(namesSent(envoy), [["front"], ["only-two"]]);
  });
}

test("in delta an Envoy is told what there is not, once, and sent it when there is", (context) => {
  const actuator = served(context);
  const envoy = connectEnvoy(actuator, { protocol: "delta", names: ["later"] });
  assert.deepEqual(
    envoy.replies.map(({ absent }) => absent),
    [["later"]],
  );
  const [front] = envoysDocument.routes;
  assert.ok(front !== undefined);
  actuator.replace({ ...envoysDocument, routes: [{ ...front, name: "later" }] });
  assert.deepEqual(namesSent(envoy), [[], ["later"]]);
});

test("what the file does not list any more stays at the Envoy as it is", (context) => {
  const actuator = served(context);
  const envoys = (["whole", "delta"] as const).map((protocol) =>
    connectEnvoy(actuator, { protocol }),
  );
  actuator.replace({ ...envoysDocument, routes: [] });
  assert.deepEqual(envoys.map(namesSent), [[["front"]], [["front"]]]);
});

test("in delta an Envoy that has the version is sent nothing; in the state of the world it is sent it once more", (context) => {
  const actuator = served(context);
  const { has } = connectEnvoy(actuator);
  assert.deepEqual(namesSent(connectEnvoy(actuator, { protocol: "delta", had: has })), []);
  assert.deepEqual(namesSent(connectEnvoy(actuator, { had: has })), [["front"]]);
});

test("a response of the state of the world tells the versions of all that the Envoy has", async (context) => {
  const actuator = served(context);
  const envoy = connectEnvoy(actuator, { names: ["front", "only-two"] });
  await actuator.apply(one, canary);
  assert.deepEqual([...(envoy.replies.at(-1)?.versions.keys() ?? [])], ["front", "only-two"]);
  assert.deepEqual(envoy.replies.at(-1)?.versions, envoy.has);
});
