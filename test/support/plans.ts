/** A plan with every key, as an author writes it. */
export const fullPlan = `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata:
  name: patient-risk-v2
spec:
  primary: v1
  candidate: v2
  requestTimeout: 3s
  steps:
    - shadow: { percent: 50%, minimum: { pairs: 500, time: 5s } }
    - canary: { weight: 2.5%, minimum: { requests: 100, time: 1m } }
    - canary: { weight: 25%, shadowPercent: 10%, minimum: { pairs: 7 } }
    - canary: { weight: 100% }
  guardrails:
    errorRate: { margin: 2, tolerance: 0.5% }
    disagreement: { of: prediction, tolerance: 15% }
    latency: { slowerThan: 250ms, margin: 1.25, tolerance: 3% }
  alpha: { rollback: 0.02, promotion: 0.1 }
  compare:
    prediction: { label: "$.outputs[0].data[0]", score: "$.outputs[1].data[1]" }
    ignore: ["$.model_version", "$..id"]
    tolerances: [{ path: "$.outputs[*].data[*]", absolute: 0.001, relative: 0.01 }]
    unordered: ["$.tags"]
    similar: [{ path: $.text, similarity: 0.9 }]
    samples: { perPath: 5, show: [$.label], redact: [$.patient] }
    format: openInference
`;

/** The least that is a plan: all the rest are defaults. */
export const shortPlan = `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: a }
spec:
  primary: v1
  candidate: v2
  steps:
    - canary: { weight: 5% }
  guardrails:
    errorRate: {}
`;

/** A plan with this after its versions, and a guardrail on pairs and one on tests unless others are given. */
export function planTextWith(
  rest: string,
  guardrails = "{ disagreement: { tolerance: 5% }, tests: {} }",
): string {
  return `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: a }
spec:
  primary: v1
  candidate: v2
${rest}
  guardrails: ${guardrails}
`;
}
