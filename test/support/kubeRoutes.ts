import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { chooseHttpRoute, HTTP_ROUTES } from "../../sidecar/actuators/gatewayApi.ts";
import { chooseVirtualService, VIRTUAL_SERVICES } from "../../sidecar/actuators/istio.ts";
import { KubeRoutesActuator } from "../../sidecar/actuators/kubeRoutes.ts";
import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { ActuatorChoice } from "../../sidecar/core/plan/actuatorChoice.ts";
import type { Target } from "../../sidecar/core/target.ts";
import { openCluster } from "../../sidecar/kube/cluster.ts";
import type { Actuator, Reading } from "../../sidecar/ports.ts";
import { type FakeKube, type FakeObject, startFakeKube } from "./fakeKube.ts";
import { type Json, patched } from "./jsonPatch.ts";
import { until } from "./until.ts";

/** Where the objects of these tests are. */
export const VIRTUAL_SERVICE_PATH = "/apis/networking.istio.io/v1/namespaces/shop/virtualservices";
export const HTTP_ROUTE_PATH = "/apis/gateway.networking.k8s.io/v1/namespaces/shop/httproutes";

/** An actuator, who was told of news, and what it does where the filter splits. */
export type KubeStage = {
  readonly actuator: KubeRoutesActuator;
  readonly told: string[];
  readonly filters: MemoryActuator;
};

/** The actuator of a kind, on the API server of a kubeconfig; it ends with the test. */
export async function kubeActuator(
  context: TestContext,
  kind: "istio" | "gatewayApi",
  kubeconfig: string,
): Promise<KubeStage> {
  const told: string[] = [];
  const filters = new MemoryActuator();
  const parts = {
    cluster: await openCluster(kubeconfig),
    filters,
    random: () => 0,
    steadyMs: () => performance.now(),
    reported: (rollout: string) => void told.push(rollout),
  };
  const actuator =
    kind === "istio"
      ? new KubeRoutesActuator({ ...parts, kind: VIRTUAL_SERVICES, choose: chooseVirtualService })
      : new KubeRoutesActuator({ ...parts, kind: HTTP_ROUTES, choose: chooseHttpRoute });
  context.after(() => actuator.stop());
  return { actuator, told, filters };
}

/** The same, asked about each rollout as if its plan named the route of its name in object `app`. */
export function withWeights(actuator: Actuator, kind: "istio" | "gatewayApi"): Actuator {
  return {
    read: (target, signal) => actuator.read(weighted(target, kind), signal),
    apply: (target, traffic, signal) => actuator.apply(weighted(target, kind), traffic, signal),
  };
}

/** A target whose plan names the route of the rollout's name in object `app`. */
export function weighted(target: Target, kind: "istio" | "gatewayApi"): Target {
  const place = { split: "weights", route: target.rollout } as const;
  return { ...target, actuator: choiceOf(kind, place) };
}

/** A target whose plan has the filter split, and names object `app`. */
export function split(target: Target, kind: "istio" | "gatewayApi"): Target {
  return { ...target, actuator: choiceOf(kind, { split: "filter" }) };
}

function choiceOf(
  kind: "istio" | "gatewayApi",
  place: { readonly split: "filter" } | { readonly split: "weights"; readonly route: string },
): ActuatorChoice {
  const object = { namespace: undefined, name: "app" };
  return kind === "istio"
    ? { kind, virtualService: object, subset: "{version}", ...place }
    : { kind, httpRoute: object, backend: "shop-{version}", ...place };
}

/** A VirtualService of two routes, as people write it. */
export function virtualService(): FakeObject {
  const route = (name: string) => ({
    name,
    match: [{ headers: { "x-tenant": { exact: name } } }],
    route: [
      { destination: { host: "app.mesh.local", subset: "v1" }, weight: 100 },
      { destination: { host: "app.mesh.local", subset: "v2" }, weight: 0 },
    ],
  });
  return {
    apiVersion: "networking.istio.io/v1",
    kind: "VirtualService",
    metadata: { name: "app", namespace: "shop" },
    spec: { hosts: ["app.mesh.local"], gateways: ["gw"], http: [route("one"), route("two")] },
  };
}

/** An HTTPRoute of two rules, as people write it. */
export function httpRoute(): FakeObject {
  const rule = (name: string) => ({
    name,
    matches: [{ headers: [{ type: "Exact", name: "x-tenant", value: name }] }],
    backendRefs: [
      { name: "shop-v1", port: 29_080, weight: 1 },
      { name: "shop-v2", port: 29_080, weight: 0 },
    ],
  });
  return {
    apiVersion: "gateway.networking.k8s.io/v1",
    kind: "HTTPRoute",
    metadata: { name: "app", namespace: "shop" },
    spec: {
      parentRefs: [{ group: "", kind: "Service", name: "shop", port: 29_080 }],
      rules: [rule("one"), rule("two")],
    },
  };
}

/** An actuator on a fake API server that has a VirtualService. */
export async function istioStage(
  context: TestContext,
): Promise<KubeStage & { readonly kube: FakeKube }> {
  const kube = await startFakeKube(context);
  kube.put(VIRTUAL_SERVICE_PATH, virtualService());
  return { kube, ...(await kubeActuator(context, "istio", kube.kubeconfig)) };
}

/** Puts a value into the VirtualService, as somebody else. */
export function edit(kube: FakeKube, path: string, value: Json): void {
  const before = kube.get(VIRTUAL_SERVICE_PATH, "app");
  const after = patched({ ...before }, [{ op: "add", path, value }]);
  assert.ok(typeof after === "object" && after !== null && !Array.isArray(after));
  kube.put(VIRTUAL_SERVICE_PATH, { ...after, metadata: before.metadata });
}

/** The reading, once it is as asked. */
export function readUntil(
  actuator: Actuator,
  target: Target,
  ask: (reading: Reading) => boolean,
): Promise<Reading> {
  const { signal } = new AbortController();
  return until(
    async () => {
      const reading = await actuator.read(target, signal);
      return ask(reading) && reading;
    },
    { deadlineMs: 10_000, what: `what is asked of ${target.rollout}` },
  );
}
