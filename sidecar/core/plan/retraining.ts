/** What an anomaly of a promoted rollout may be about. */
export const ANOMALY_KINDS = ["drift", "performance", "coverage"] as const;
/** What an anomaly is about: requests and answers, what labels or scores say of predictions, or how many labels come. */
export type AnomalyKind = (typeof ANOMALY_KINDS)[number];

/** When somebody is told that the version in service should be trained again. */
export type Retraining = {
  /** The hook that is told, by the name in the sidecar's file of hooks. */
  readonly trigger: string;
  /** Which anomalies it is told of; at least one kind. */
  readonly on: readonly AnomalyKind[];
  /** How long after it was told of some it is told of no others. */
  readonly coolDownMs: number;
};
