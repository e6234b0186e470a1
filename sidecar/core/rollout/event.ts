import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import type { Verdict } from "../verdict.ts";

/** What moved the rollout: the evidence with the verdict on it, or somebody's command. */
export type Cause =
  | { readonly kind: "evidence"; readonly verdict: Verdict }
  | { readonly kind: "command"; readonly by: string };

type Common = {
  /** Unix time. */
  readonly atMs: number;
  /** One sentence. */
  readonly reason: string;
  readonly cause: Cause;
  /** All counters at that time, so that the decision can be computed again. */
  readonly evidence: Evidence;
};

type NewTraffic = {
  /** Generation of the traffic from now on: greater than the one before and than what was known to be in force. */
  readonly generation: number;
};

/** One change of a rollout's state. The log of a name is these, and its state their replay. */
export type RolloutEvent =
  | (Common & NewTraffic & { readonly kind: "started"; readonly plan: Plan })
  | (Common & NewTraffic & { readonly kind: "step-advanced"; readonly stepIndex: number })
  | (Common & NewTraffic & { readonly kind: "promoted" })
  | (Common & NewTraffic & { readonly kind: "rolled-back" })
  | (Common & { readonly kind: "paused" })
  | (Common & { readonly kind: "resumed" })
  | AnomalyEvent;

/** What watching says, which moves nothing by itself: an anomaly begins, or is over. */
export type AnomalyEvent = {
  /** Unix time. */
  readonly atMs: number;
  /** One sentence with the figures. */
  readonly reason: string;
  /** Its name. */
  readonly anomaly: string;
} & ({ readonly kind: "anomaly-raised" } | { readonly kind: "anomaly-resolved" });
