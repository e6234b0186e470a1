/** Name of the one rollout of each front Envoy with a filter. */
export type BenchRollout = "bench-split" | "bench-shadow";

/**
 * The filter's plugin configuration for a rollout on the load's path. The caps are what the load needs and no more: every request
 * can be shadowed, so that the figures are of the full work.
 */
export function pluginConfiguration(rollout: BenchRollout): unknown {
  return {
    sidecar: { cluster: "understudy", authority: "understudy" },
    rollouts: [
      {
        name: rollout,
        match: { path: { prefix: "/v2/models/" } },
        salt: "salt of the bench",
        primary: { cluster: "v1", version: "v1" },
        candidate: { cluster: "v2", version: "v2" },
        sticky: { header: "x-patient-id" },
        requestTimeoutMs: 3000,
        shadow: {
          paths: [{ template: "/v2/models/{model}/infer" }],
          timeoutMs: 2000,
          inFlightMax: 1024,
          perSecondMax: 100_000,
        },
      },
    ],
  };
}

/** A plan that stays in its first step whatever the evidence says, so that the traffic is the same from the first round to the last. */
export function benchPlan(rollout: BenchRollout): string {
  return `apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata:
  name: ${rollout}
spec:
  primary: v1
  candidate: v2
  requestTimeout: 3s
  ${rollout === "bench-split" ? SPLIT : SHADOW}
  alpha: { rollback: 0.01, promotion: 0.05 }
`;
}

const SPLIT = `steps:
    - canary: { weight: 50%, minimum: { requests: 1000000000 } }
  guardrails:
    errorRate: { margin: 1.5, tolerance: 1% }
    latency: { slowerThan: 250ms, margin: 1.5, tolerance: 2% }`;

const SHADOW = `steps:
    - shadow: { percent: 100%, minimum: { pairs: 1000000000 } }
  guardrails:
    errorRate: { margin: 1.5, tolerance: 1% }
    disagreement: { of: prediction, tolerance: 15% }
    latency: { slowerThan: 250ms, margin: 1.5, tolerance: 2% }
  compare:
    prediction: { label: "$.outputs[0].data[0]", score: "$.outputs[1].data[1]" }
    ignore: ["$.model_version", "$.id"]
    tolerances: [{ path: "$.outputs[*].data[*]", absolute: 0.001, relative: 0.01 }]`;
