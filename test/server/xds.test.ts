import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import type { Limits } from "../../sidecar/limits.ts";
import { planText, startTestSidecar, type TestSidecar } from "../support/testSidecar.ts";
import { until } from "../support/until.ts";
import { openXds, TYPE } from "../support/xdsClient.ts";

const route = (name: string): string =>
  `  - name: ${name}
    virtual_hosts:
      - { name: all, domains: ["*"], routes: [{ match: { prefix: / }, route: { rollout: test } }] }
`;

const FILE = `apiVersion: understudy.dev/v1alpha1
kind: Envoys
returnWithin: 100ms
rollouts:
  - { name: test, versions: [{ name: v2, cluster: c2 }, { name: v1, cluster: c1 }], before: v1 }
runtime: [{ name: layer, rollouts: [test] }]
routes:
${["front", "back"].map(route).join("")}`;

async function start(
  context: TestContext,
  limits: Partial<Limits> = {},
): Promise<TestSidecar & { readonly file: string }> {
  const folder = await mkdtemp(join(tmpdir(), "understudy-xds-"));
  context.after(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "envoys.yaml");
  await writeFile(file, FILE);
  return { ...(await startTestSidecar(context, { limits, xdsPath: file })), file };
}

const node = { id: "edge-1" };

test("an Envoy is sent what it asks for by type and name, with a version and a nonce", async (context) => {
  const { grpc } = await start(context);
  const client = openXds(context, grpc);
  client.say({ node, typeUrl: TYPE.route, resourceNames: ["front"] });
  client.say({ typeUrl: TYPE.runtime, resourceNames: ["layer"] });
  await client.got(2);
  assert.deepEqual(
    client.whole.map(({ typeUrl, nonce, resources, versionInfo }) => [
      typeUrl,
      nonce,
      resources?.map((each) => each.typeUrl),
      versionInfo?.split("=")[0],
    ]),
    [
      [TYPE.route, "1", [TYPE.route], "front"],
      [TYPE.runtime, "1", [TYPE.runtime], "layer"],
    ],
  );
});

test("traffic is in force when Envoys have acknowledged it, and not before", async (context) => {
  const sidecar = await start(context);
  const client = openXds(context, sidecar.grpc, "delta");
  client.sayDelta({ node, typeUrl: TYPE.route, resourceNamesSubscribe: ["front"] });
  await client.got(1);
  client.sayDelta({ typeUrl: TYPE.route, responseNonce: "1" });
  await sidecar.client.apply(planText().replace("spec:", "spec:\n  actuator: xds"));
  await client.got(2);
  assert.equal((await sidecar.client.get("test")).inForce, null);
  client.sayDelta({ typeUrl: TYPE.route, responseNonce: "2" });
  await until(async () => Number((await sidecar.client.get("test")).inForce?.generation) === 1, {
    deadlineMs: 10_000,
    what: "the traffic is in force",
  });
  const accepted = 'understudy_envoy_responses_total{kind="route",outcome="accepted"}';
  assert.equal(await sidecar.metric(accepted), 2);
});

test("what is asked for and not served here is left unanswered, and said once", async (context) => {
  const { grpc, logged } = await start(context);
  const client = openXds(context, grpc);
  client.say({ node, typeUrl: TYPE.cluster });
  client.say({ typeUrl: `${TYPE.cluster}\n"` });
  client.say({ typeUrl: TYPE.route, resourceNames: ["front"] });
  await client.got(1);
  const said = logged.filter(({ message }) => message === "Envoy asks for what is not served here");
  assert.deepEqual(
    said.map(({ fields }) => fields),
    [{ envoy: "edge-1", type: TYPE.cluster }],
  );
});

for (const { name, bytes } of [
  { name: "no protobuf", bytes: Buffer.from([0xff, 0xff, 0xff]) },
  { name: "a length beyond the end", bytes: Buffer.from([0x1a, 0x7f, 0x61]) },
]) {
  test(`a message that is ${name} ends its stream, and no other`, async (context) => {
    const { grpc, metric } = await start(context);
    const [good, bad] = [openXds(context, grpc), openXds(context, grpc, "delta")];
    bad.sayBytes(bytes);
    const { code, details } = await bad.ended();
    assert.deepEqual([code, details], [status.INVALID_ARGUMENT, "a message could not be read"]);
    good.say({ node, typeUrl: TYPE.route, resourceNames: ["front"] });
    await good.got(1);
    assert.equal(await metric('understudy_envoy_streams_closed_total{reason="garbage"}'), 1);
  });
}

test("an Envoy may want so many resources of a kind, and not one more, however it asks", async (context) => {
  const { grpc } = await start(context, { resourcesPerEnvoyMax: 2 });
  const within = openXds(context, grpc);
  within.say({ node, typeUrl: TYPE.route, resourceNames: ["front", "back"] });
  await within.got(1);
  const beyond = openXds(context, grpc);
  beyond.say({ node, typeUrl: TYPE.route, resourceNames: ["a", "b", "c"] });
  assert.equal((await beyond.ended()).code, status.INVALID_ARGUMENT);
  const bitByBit = openXds(context, grpc, "delta");
  bitByBit.sayDelta({ node, typeUrl: TYPE.route, resourceNamesSubscribe: ["a", "b"] });
  bitByBit.sayDelta({ typeUrl: TYPE.route, resourceNamesSubscribe: ["c"] });
  assert.match((await bitByBit.ended()).details, /too many resources/);
});

test("a name that is too long ends the stream", async (context) => {
  const { grpc } = await start(context);
  const client = openXds(context, grpc);
  client.say({ node, typeUrl: TYPE.route, resourceNames: ["n".repeat(257)] });
  assert.match((await client.ended()).details, /a name that is too long/);
});

test("an Envoy that says nothing is not waited for", async (context) => {
  const { grpc, metric } = await start(context, { messageMs: 50 });
  assert.match((await openXds(context, grpc).ended()).details, /no request came in time/);
  assert.equal(await metric("understudy_envoy_streams"), 0);
});

test("streams of Envoys are bounded, and one that ends makes room", async (context) => {
  const { grpc, metric } = await start(context, { envoyStreamsMax: 1 });
  const first = openXds(context, grpc);
  first.say({ node, typeUrl: TYPE.route, resourceNames: ["front"] });
  await first.got(1);
  const second = openXds(context, grpc);
  assert.equal((await second.ended()).code, status.RESOURCE_EXHAUSTED);
  first.sayBytes(Buffer.from([0xff]));
  await first.ended();
  assert.equal(await metric("understudy_envoy_streams"), 0);
  const third = openXds(context, grpc);
  third.say({ node, typeUrl: TYPE.route, resourceNames: ["front"] });
  await third.got(1);
});

test("what an Envoy says is shown without what a terminal would obey", async (context) => {
  const { grpc, logged } = await start(context);
  const client = openXds(context, grpc);
  client.say({ node: { id: "e\u001b[2J" }, typeUrl: TYPE.route, resourceNames: ["front"] });
  await client.got(1);
  const errorDetail = { code: 13, message: `no\u0007${"x".repeat(1_000)}` };
  client.say({
    typeUrl: TYPE.route,
    resourceNames: ["front"],
    responseNonce: "1",
    errorDetail,
  });
  const refused = await until(
    () => logged.find(({ message }) => message === "Envoy refused what it was sent"),
    { deadlineMs: 5_000, what: "the refusal is told" },
  );
  assert.deepEqual(refused.fields, {
    envoy: "e?[2J",
    kind: "route",
    names: ["front"],
    why: `no?${"x".repeat(253)}`,
  });
});

test("a file that becomes wrong leaves what was read before in force, and says why", async (context) => {
  const { file, grpc, logged, metric } = await start(context);
  await writeFile(file, FILE.replace("before: v1", "before: v0"));
  await until(
    async () => (await metric('understudy_reloads_total{files="xds",outcome="refused"}')) === 1,
    { deadlineMs: 10_000, what: "the file is refused" },
  );
  assert.match(
    JSON.stringify(logged.map(({ fields }) => fields)),
    /rollouts\[0\]\.before: v0: one of the versions v2, v1/,
  );
  const client = openXds(context, grpc);
  client.say({ node, typeUrl: TYPE.route, resourceNames: ["front"] });
  await client.got(1);
});
