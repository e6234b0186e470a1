import { Counter, Gauge, type Registry } from "prom-client";

/**
 * What is known of drift and of labels. `rollout` is the name of an applied plan, `feature` one of the 20 features of its last window with the
 * greatest PSI, `metric` one of a closed set.
 */
export type WatchMetrics = {
  readonly anomalies: Gauge<"rollout">;
  readonly driftRowsThinned: Counter;
  readonly driftPsi: Gauge<"rollout" | "feature">;
  readonly driftShare: Gauge<"rollout">;
  readonly performance: Gauge<"rollout" | "variant" | "metric">;
  readonly estimatedPerformance: Gauge<"rollout" | "variant" | "metric">;
  readonly labelCoverage: Gauge<"rollout" | "variant">;
};

/** Makes them. */
export function watchMetrics(registry: Registry): WatchMetrics {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `understudy_${name}`, help, labelNames, registers: [registry] });
  return {
    anomalies: gauge("anomalies", "Anomalies that go on.", "rollout"),
    driftRowsThinned: new Counter({
      name: "understudy_drift_rows_thinned_total",
      help: "Captured requests that were not looked at for drift, as more came than are in a second.",
      registers: [registry],
    }),
    driftPsi: gauge(
      "drift_psi",
      "Population stability index of the features with the greatest, in the last window.",
      "rollout",
      "feature",
    ),
    driftShare: gauge(
      "drift_share",
      "Share of the features that drifted in the last window.",
      "rollout",
    ),
    performance: gauge(
      "performance",
      "By labels, of the last day that was old enough to count.",
      "rollout",
      "variant",
      "metric",
    ),
    estimatedPerformance: gauge(
      "estimated_performance",
      "Estimated from scores without labels, of the last window.",
      "rollout",
      "variant",
      "metric",
    ),
    labelCoverage: gauge(
      "label_coverage",
      "Share of the predictions of that day that had a label in time.",
      "rollout",
      "variant",
    ),
  };
}
