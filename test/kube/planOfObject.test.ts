import assert from "node:assert/strict";
import { test } from "node:test";
import { planOfObject } from "../../sidecar/rolloutObjects/planOfObject.ts";
import type { RolloutObject } from "../../sidecar/rolloutObjects/rolloutObject.ts";

function objectWith(spec: object): RolloutObject {
  return {
    apiVersion: "understudy.dev/v1alpha1",
    kind: "Rollout",
    metadata: {
      name: "shop",
      namespace: "shop",
      uid: "u",
      generation: 1,
      resourceVersion: "1",
      finalizers: [],
    },
    spec: {
      primary: "v1",
      candidate: "v2",
      steps: [{ canary: { weight: "10%" } }],
      guardrails: { errorRate: { margin: 1.5, tolerance: "1%" } },
      ...spec,
    },
  };
}

test("an object is the plan of its name, and its routes are in its namespace", () => {
  const istio = planOfObject(objectWith({ actuator: { istio: { virtualService: "app" } } }));
  assert.ok(typeof istio !== "string" && istio.actuator?.kind === "istio");
  assert.deepEqual(
    [istio.name, istio.actuator.virtualService],
    ["shop", { namespace: "shop", name: "app" }],
  );
  const gateway = planOfObject(objectWith({ actuator: { gatewayApi: { httpRoute: "shop/app" } } }));
  assert.ok(typeof gateway !== "string" && gateway.actuator?.kind === "gatewayApi");
  assert.deepEqual(gateway.actuator.httpRoute, { namespace: "shop", name: "app" });
});

const wrong = [
  {
    name: "names routes of another namespace",
    spec: { actuator: { istio: { virtualService: "other/app" } } },
    expected: /^spec\.actuator: other\/app: an object in shop, as the Rollout is$/,
  },
  {
    name: "names a file",
    spec: { drift: { reference: "file:/etc/passwd" } },
    expected: /^spec\.drift\.reference: /,
  },
  {
    name: "has several mistakes",
    spec: { primary: 1, nonsense: true },
    expected: /spec\.primary: .*; .*spec\.nonsense|spec\.nonsense.*; .*spec\.primary: /,
  },
];

for (const { name, spec, expected } of wrong) {
  test(`an object that ${name} is no plan, and told why`, () => {
    const told = planOfObject(objectWith(spec));
    assert.ok(typeof told === "string");
    assert.match(told, expected);
  });
}
