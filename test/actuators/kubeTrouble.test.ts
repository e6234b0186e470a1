import assert from "node:assert/strict";
import { test } from "node:test";
import { ActuatorError } from "../../sidecar/ports.ts";
import { canary, one, shadow, two } from "../support/connectedFilter.ts";
import { startFakeKube } from "../support/fakeKube.ts";
import type { Json } from "../support/jsonPatch.ts";
import {
  edit,
  HTTP_ROUTE_PATH,
  httpRoute,
  istioStage,
  kubeActuator,
  readUntil,
  split,
  VIRTUAL_SERVICE_PATH,
  weighted,
} from "../support/kubeRoutes.ts";
import { until } from "../support/until.ts";

const signal = new AbortController().signal;
const first = weighted(one, "istio");

const misfits: readonly { name: string; path: string; value: Json; code: string; why: RegExp }[] = [
  {
    name: "lacks the route",
    path: "/spec/http/0/name",
    value: "other",
    code: "missing",
    why: /there is no route one \(there: other, two\)/,
  },
  {
    name: "has another subset",
    path: "/spec/http/0/route/1/destination/subset",
    value: "v9",
    code: "missing",
    why: /route one has no destination v2 \(there: v1: 100, v9: 0\)/,
  },
  {
    name: "has a subset twice",
    path: "/spec/http/0/route/1/destination/subset",
    value: "v1",
    code: "missing",
    why: /2 destinations v1/,
  },
  {
    name: "sends requests to a third",
    path: "/spec/http/0/route/2",
    value: { destination: { host: "app.mesh.local", subset: "v7" }, weight: 1 },
    code: "conflict",
    why: /sends requests to v7, which is neither variant/,
  },
  {
    name: "is laid out otherwise",
    path: "/spec/http",
    value: "nonsense",
    code: "missing",
    why: /has no routes/,
  },
];

for (const { name, path, value, code, why } of misfits) {
  test(`a VirtualService that ${name} is not written, and the reason told`, async (context) => {
    const { kube, actuator } = await istioStage(context);
    edit(kube, path, value);
    await assert.rejects(actuator.apply(first, canary, signal), { code, message: why });
    assert.doesNotMatch(JSON.stringify(kube.get(VIRTUAL_SERVICE_PATH, "app")), /understudy/);
  });
}

const refusals = [
  { status: 401, code: "denied" },
  { status: 403, code: "denied" },
  { status: 404, code: "missing" },
  { status: 429, code: "unreachable" },
  { status: 500, code: "unreachable" },
  { status: 503, code: "unreachable" },
];

for (const { status, code } of refusals) {
  test(`an API server that answers ${status} makes reading and writing ${code}`, async (context) => {
    const { kube, actuator } = await istioStage(context);
    kube.refuse({ pattern: /./, status, times: 1_000 });
    const why = new RegExp(`${status}: as the test wants it`);
    await assert.rejects(actuator.read(first, signal), { code, message: why });
    await assert.rejects(actuator.apply(first, canary, signal), { code, message: why });
  });
}

test("a change that the API server finds invalid is denied, and one that raced is made anew, for a while", async (context) => {
  const { kube, actuator } = await istioStage(context);
  kube.refuse({ pattern: /^PATCH/, status: 422, times: 2 });
  const message = /422: as the test wants it/;
  await assert.rejects(actuator.apply(first, shadow, signal), { code: "denied", message });
  kube.refuse({ pattern: /^PATCH/, status: 409, times: 3 });
  await actuator.apply(first, shadow, signal);
  kube.refuse({ pattern: /^PATCH/, status: 409, times: 4 });
  await assert.rejects(actuator.apply(first, canary, signal), { code: "conflict" });
});

test("without an API server nothing is known, and once it is back it is", async (context) => {
  const { kube, actuator } = await istioStage(context);
  await actuator.apply(first, canary, signal);
  await readUntil(actuator, first, ({ inForce }) => inForce !== undefined);
  await kube.stop();
  await until(
    () =>
      actuator.read(first, signal).then(
        () => false,
        (error) => error instanceof ActuatorError,
      ),
    { deadlineMs: 5_000, what: "reading fails" },
  );
  await assert.rejects(actuator.apply(first, { ...canary, generation: 3 }, signal), {
    code: "unreachable",
  });
  await kube.start();
  await until(
    () =>
      actuator.read(first, signal).then(
        ({ inForce }) => inForce !== undefined,
        () => false,
      ),
    { deadlineMs: 15_000, what: "reading succeeds" },
  );
});

test("an HTTPRoute is in force once every parent has accepted this generation of it", async (context) => {
  const kube = await startFakeKube(context);
  const parents = [{ conditions: [{ type: "Accepted", status: "True", observedGeneration: 1 }] }];
  kube.put(HTTP_ROUTE_PATH, { ...httpRoute(), status: { parents } });
  const { actuator } = await kubeActuator(context, "gatewayApi", kube.kubeconfig);
  const target = weighted(one, "gatewayApi");
  await actuator.apply(target, canary, signal);
  kube.put(HTTP_ROUTE_PATH, { ...kube.get(HTTP_ROUTE_PATH, "app"), status: { parents } });
  const early = await until(
    async () => {
      const reading = await actuator.read(target, signal);
      return reading.problem !== undefined && reading;
    },
    { deadlineMs: 5_000, what: "a problem" },
  );
  assert.equal(early.inForce, undefined);
  assert.match(early.problem ?? "", /Accepted is not said of generation \d+ yet/);
  const refused = ["Accepted", "ResolvedRefs"].map((type) => ({
    type,
    status: type === "Accepted" ? "True" : "False",
    reason: "BackendNotFound",
    message: "no shop-v2",
    observedGeneration: 99,
  }));
  const status = { parents: [{ conditions: refused }] };
  kube.put(HTTP_ROUTE_PATH, { ...kube.get(HTTP_ROUTE_PATH, "app"), status });
  const { problem } = await until(
    async () => {
      const reading = await actuator.read(target, signal);
      return reading.problem?.includes("BackendNotFound") && reading;
    },
    { deadlineMs: 5_000, what: "the refusal" },
  );
  assert.match(
    problem ?? "",
    /HTTPRoute shop\/app: ResolvedRefs is False: BackendNotFound: no shop-v2/,
  );
});

test("where the filter splits, filters write the traffic, if a route matches the candidate", async (context) => {
  const { kube, actuator, filters } = await istioStage(context);
  const target = split(two, "istio");
  const why = /no route matches x-understudy-variant: v2, which the filter sets/;
  await assert.rejects(actuator.apply(target, canary, signal), { code: "missing", message: why });
  assert.equal((await filters.read(target)).inForce, undefined);
  await actuator.apply(target, shadow, signal);
  assert.deepEqual((await filters.read(target)).inForce, shadow);
  edit(kube, "/spec/http/0/match/1", { headers: { "x-understudy-variant": { exact: "v2" } } });
  await until(
    () =>
      actuator.apply(target, canary, signal).then(
        () => true,
        () => false,
      ),
    {
      deadlineMs: 5_000,
      what: "the route is seen",
    },
  );
  assert.deepEqual(await actuator.read(target, signal), {
    inForce: canary,
    generation: canary.generation,
    problem: undefined,
  });
});

test("where the filter splits, a rollout goes on without the API server, and that is told", async (context) => {
  const { kube, actuator, filters } = await istioStage(context);
  const target = split(two, "istio");
  kube.refuse({ pattern: /./, status: 503, times: 1_000 });
  await actuator.apply(target, canary, signal);
  assert.deepEqual((await filters.read(target)).inForce, canary);
  const { inForce, problem } = await actuator.read(target, signal);
  assert.deepEqual(inForce, canary);
  assert.match(problem ?? "", /503/);
});
