import { ROLLOUT } from "../support/filterConfig.ts";

/** A plan that gives the candidate so many users by weights of the mesh's own, and leaves it there. */
export function weightedPlan(kind: "istio" | "gatewayApi", weight: string): string {
  const actuator = {
    istio: "istio: { virtualService: shop/shop, split: weights, route: main }",
    gatewayApi: 'gatewayApi: { httpRoute: shop/shop, split: weights, backend: "shop-{version}" }',
  };
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: shop }
spec:
  primary: v1
  candidate: v2
  steps: [{ canary: { weight: ${weight} } }]
  guardrails: { errorRate: { margin: 2, tolerance: 10% } }
  actuator: { ${actuator[kind]} }
`;
}

/** A plan that is quick to pass, of a rollout that the filter splits and the VirtualService's routes serve. */
export function splitPlan(): string {
  return `
apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: ${ROLLOUT} }
spec:
  primary: v1
  candidate: v2
  requestTimeout: 1s
  steps:
    - shadow: { percent: 100%, minimum: { pairs: 100, time: 7s } }
    - canary: { weight: 30%, minimum: { requests: 50, time: 2s } }
  guardrails:
    errorRate: { margin: 2, tolerance: 10% }
    disagreement: { of: prediction, tolerance: 30% }
  compare:
    prediction: { label: "$.outputs[0].data[0]" }
    ignore: ["$.model_version"]
  actuator: { istio: { virtualService: shop/shop } }
`;
}
