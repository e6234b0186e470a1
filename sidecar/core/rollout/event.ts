import type { Evidence } from "../evidence/evidence.ts";
import type { Plan } from "../plan/plan.ts";
import type { BasisPoints } from "../traffic.ts";
import type { Verdict } from "../verdict.ts";
import type { RequestKey } from "./requestKey.ts";

/** What moved the rollout: the evidence with the verdict on it, somebody's command, a gate's answer, or what the plan says of time. */
export type Cause =
  | { readonly kind: "evidence"; readonly verdict: Verdict }
  | {
      readonly kind: "command";
      readonly by: string;
      /** The caller's own name of the request, so that a repetition of it is known; absent when none was given. */
      readonly key?: RequestKey;
    }
  | { readonly kind: "gate"; readonly gate: string }
  | { readonly kind: "plan" };

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
  /** The weight goes back by one more step. */
  | (Common & NewTraffic & { readonly kind: "rollback-stepped"; readonly candidateBp: BasisPoints })
  | (Common & NewTraffic & { readonly kind: "rolled-back" })
  | (Common & { readonly kind: "paused" })
  | (Common & { readonly kind: "resumed" })
  | (Common & AtGate & { readonly kind: "gate-passed" })
  | (Common & AtGate & { readonly kind: "gate-failed"; readonly onFailure: OnGateFailure })
  /** An ended rollout is not listed any more. Its traffic stays. */
  | (Common & { readonly kind: "deleted" })
  | AnomalyEvent;

type AtGate = {
  readonly gate: string;
  /** The step that the gate stands before, from 0; as many as there are steps for the promotion. */
  readonly toStep: number;
};

/** What becomes of a rollout whose gate has failed. */
export type OnGateFailure = "rollback" | "hold";

/** What watching says, which moves nothing by itself: an anomaly begins, or is over. */
export type AnomalyEvent = {
  /** Unix time. */
  readonly atMs: number;
  /** One sentence with the figures. */
  readonly reason: string;
  /** Its name. */
  readonly anomaly: string;
} & ({ readonly kind: "anomaly-raised" } | { readonly kind: "anomaly-resolved" });
