import assert from "node:assert/strict";
import { test } from "node:test";
import { canary, one, shadow } from "../support/connectedFilter.ts";
import { patched } from "../support/jsonPatch.ts";
import {
  edit,
  istioStage,
  readUntil,
  VIRTUAL_SERVICE_PATH,
  virtualService,
  weighted,
} from "../support/kubeRoutes.ts";
import { until } from "../support/until.ts";

const signal = new AbortController().signal;
const first = weighted(one, "istio");

test("only the two weights and the annotation of the rollout change", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, canary, signal);
  const { spec, metadata } = kube.get(VIRTUAL_SERVICE_PATH, "app");
  const expected = patched(virtualService(), [
    { op: "add", path: "/spec/http/0/route/0/weight", value: 95 },
    { op: "add", path: "/spec/http/0/route/1/weight", value: 5 },
  ]);
  assert.deepEqual({ spec }, { spec: Object(expected).spec });
  assert.deepEqual(Object.keys(metadata.annotations ?? {}), ["traffic.understudy.dev/one"]);
});

test("a share that is no whole percentage is written in basis points", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, { ...canary, candidateBp: 25 }, signal);
  const text = JSON.stringify(kube.get(VIRTUAL_SERVICE_PATH, "app").spec);
  assert.match(text, /"weight":9975.*"weight":25/);
});

test("what somebody else did to the weights is told and left", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, canary, signal);
  await readUntil(actuator, first, ({ inForce }) => inForce !== undefined);
  edit(kube, "/spec/http/0/route/0/weight", 50);
  const { problem, generation } = await readUntil(
    actuator,
    first,
    ({ inForce }) => inForce === undefined,
  );
  assert.match(
    problem ?? "",
    /^conflict: VirtualService shop\/app: the weights of route one are v1: 50, v2: 5, not what/,
  );
  assert.equal(generation, canary.generation);
  await assert.rejects(actuator.apply(first, { ...canary, generation: 3 }, signal), {
    code: "conflict",
  });
  assert.match(JSON.stringify(kube.get(VIRTUAL_SERVICE_PATH, "app").spec), /"weight":50/);
  edit(kube, "/spec/http/0/route/0/weight", 95);
  await readUntil(actuator, first, ({ inForce }) => inForce !== undefined);
});

test("news of the object are told of the rollouts that are on it", async (context) => {
  const { kube, actuator, told } = await istioStage(context);
  await actuator.apply(first, canary, signal);
  await readUntil(actuator, first, ({ inForce }) => inForce !== undefined);
  told.splice(0);
  edit(kube, "/spec/http/1/route/0/weight", 7);
  await until(() => told.length > 0, { deadlineMs: 5_000, what: "news" });
  assert.deepEqual(told, ["one"]);
});

test("a change of something else meanwhile is no conflict, one of the route is looked at first", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, shadow, signal);
  kube.beforePatch(() => edit(kube, "/spec/http/1/timeout", "3s"));
  await actuator.apply(first, canary, signal);
  kube.beforePatch(() => edit(kube, "/spec/http/0/route/0/headers", {}));
  await actuator.apply(first, { ...canary, generation: 3 }, signal);
  const text = JSON.stringify(kube.get(VIRTUAL_SERVICE_PATH, "app"));
  assert.match(text, /"timeout":"3s"/);
  assert.match(text, /"headers":\{\}/);
});

test("one route has one rollout", async (context) => {
  const { actuator } = await istioStage(context);
  await actuator.apply(first, canary, signal);
  const other = { ...first, rollout: "other" };
  const why = /route one is written for rollout one: a route has one rollout/;
  await assert.rejects(actuator.apply(other, canary, signal), { code: "conflict", message: why });
});

test("the next rollout of the name starts from the greatest generation, with other variants", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, { ...canary, candidateBp: 10_000, generation: 7 }, signal);
  const http = "/spec/http/0/route";
  edit(kube, `${http}/2`, { destination: { host: "app.mesh.local", subset: "v3" } });
  const next = { ...first, primary: "v2", candidate: "v3" };
  const found = await actuator.read(next, signal);
  assert.deepEqual([found.inForce, found.generation], [undefined, 7]);
  await actuator.apply(next, { ...canary, generation: 8 }, signal);
  const route = kube.get(VIRTUAL_SERVICE_PATH, "app").spec;
  const weights = [...JSON.stringify(route).matchAll(/"weight":(\d+)/g)].map(
    ([, weight]) => weight,
  );
  assert.deepEqual(weights, ["0", "95", "5", "100", "0"]);
});
