import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";

function planWith(actuator: string): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  primary: v1
  candidate: v2
  steps: [{ canary: { weight: 10% } }]
  guardrails: { errorRate: { margin: 1.5, tolerance: 1% } }
  actuator: ${actuator}
`;
}

function actuatorOf(text: string): unknown {
  const parsed = parsePlan(planWith(text));
  assert.ok(parsed.kind === "plan", JSON.stringify(parsed));
  return parsed.plan.actuator;
}

test("filters are what a plan has that names no actuator", () => {
  assert.equal(actuatorOf("filters"), undefined);
});

test("a VirtualService is looked at where the filter splits, and its first route written where weights do", () => {
  const virtualService = { namespace: "shop", name: "app" };
  assert.deepEqual(actuatorOf("{ istio: { virtualService: shop/app } }"), {
    kind: "istio",
    virtualService,
    subset: "{version}",
    split: "filter",
  });
  assert.deepEqual(actuatorOf("{ istio: { virtualService: shop/app, split: weights } }"), {
    kind: "istio",
    virtualService,
    subset: "{version}",
    split: "weights",
    route: 0,
  });
});

test("an HTTPRoute may have any names of Services, and routes by name", () => {
  const text =
    "{ gatewayApi: { httpRoute: app, split: weights, route: main, backend: 'shop-{version}' } }";
  assert.deepEqual(actuatorOf(text), {
    kind: "gatewayApi",
    httpRoute: { namespace: undefined, name: "app" },
    backend: "shop-{version}",
    split: "weights",
    route: "main",
  });
});

const wrong = [
  { given: "nginx", expected: /spec\.actuator: nginx: one of filters, xds, or a mapping/ },
  { given: "{}", expected: /spec\.actuator: a mapping: one of filters, xds, or a mapping/ },
  {
    given: "{ istio: { virtualService: a }, gatewayApi: { httpRoute: a } }",
    expected: /a mapping of istio or gatewayApi/,
  },
  { given: "{ istio: {} }", expected: /spec\.actuator\.istio\.virtualService/ },
  {
    given: "{ istio: { virtualservice: app } }",
    expected: /spec\.actuator\.istio\.virtualservice: .*virtualService\? known here/,
  },
  {
    given: "{ gatewayApi: { httpRoute: app, backend: shop } }",
    expected: /spec\.actuator\.gatewayApi\.backend: shop: a name with \{version\} in it/,
  },
  {
    given: "{ istio: { virtualService: ../app } }",
    expected: /virtualService: \.\.\/app: the name of an object, or namespace\/name/,
  },
];

for (const { given, expected } of wrong) {
  test(`an actuator ${given} is refused by field and value`, () => {
    const parsed = parsePlan(planWith(given));
    assert.ok(parsed.kind === "problems");
    assert.match(parsed.problems.map(formatProblem).join("\n"), expected);
  });
}
