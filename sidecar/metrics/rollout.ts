import { Counter, Gauge, type Registry } from "prom-client";

/** Where rollouts are, and what is known of their candidates. `rollout` is the name of an applied plan, at most 1,000. */
export type RolloutMetrics = {
  readonly rolloutCandidateBp: Gauge<"rollout">;
  readonly rolloutShadowBp: Gauge<"rollout">;
  readonly rolloutGeneration: Gauge<"rollout">;
  readonly rolloutPhase: Gauge<"rollout" | "phase">;
  readonly rolloutStep: Gauge<"rollout">;
  readonly rolloutInForce: Gauge<"rollout">;
  readonly rolloutPairs: Gauge<"rollout">;
  readonly rolloutRequests: Gauge<"rollout" | "variant">;
  readonly rolloutExcluded: Gauge<"rollout" | "reason">;
  readonly guardrailLogE: Gauge<"rollout" | "guardrail" | "against">;
  readonly decisions: Counter<"rollout" | "kind">;
};

/** Takes away the gauges of a rollout that is not there any more. Counters stay, as a counter never goes back. */
export function forgetRollout(
  metrics: RolloutMetrics,
  rollout: string,
  labels: {
    readonly phases: readonly string[];
    readonly guardrails: readonly string[];
    readonly reasons: readonly string[];
  },
): void {
  const { rolloutCandidateBp, rolloutShadowBp, rolloutGeneration } = metrics;
  const { rolloutStep, rolloutInForce, rolloutPairs } = metrics;
  for (const gauge of [rolloutCandidateBp, rolloutShadowBp, rolloutGeneration]) {
    gauge.remove({ rollout });
  }
  for (const gauge of [rolloutStep, rolloutInForce, rolloutPairs]) {
    gauge.remove({ rollout });
  }
  for (const variant of ["primary", "candidate"]) {
    metrics.rolloutRequests.remove({ rollout, variant });
  }
  for (const phase of labels.phases) {
    metrics.rolloutPhase.remove({ rollout, phase });
  }
  for (const reason of labels.reasons) {
    metrics.rolloutExcluded.remove({ rollout, reason });
  }
  for (const guardrail of labels.guardrails) {
    metrics.guardrailLogE.remove({ rollout, guardrail, against: "bad" });
    metrics.guardrailLogE.remove({ rollout, guardrail, against: "good" });
  }
}

/** Makes them. */
export function rolloutMetrics(registry: Registry): RolloutMetrics {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name: `understudy_rollout_${name}`, help, labelNames, registers: [registry] });
  return {
    rolloutCandidateBp: gauge("candidate_bp", "Share of users asked for, 0 to 10000.", "rollout"),
    rolloutShadowBp: gauge("shadow_bp", "Share of requests copied, 0 to 10000.", "rollout"),
    rolloutGeneration: gauge("generation", "Generation of the traffic asked for.", "rollout"),
    rolloutPhase: gauge("phase", "1 for the phase the rollout is in.", "rollout", "phase"),
    rolloutStep: gauge("step", "The step under way, from 0.", "rollout"),
    rolloutInForce: gauge("in_force", "1 when all proxies serve what is asked for.", "rollout"),
    rolloutPairs: gauge("pairs", "Pairs that are evidence.", "rollout"),
    rolloutRequests: gauge("requests", "User requests that are evidence.", "rollout", "variant"),
    rolloutExcluded: gauge(
      "excluded",
      "Observations and pairs that are no evidence, since the start.",
      "rollout",
      "reason",
    ),
    guardrailLogE: new Gauge({
      name: "understudy_guardrail_log_e",
      help: "Natural logarithm of the e-value against the candidate (bad) or for it (good).",
      labelNames: ["rollout", "guardrail", "against"],
      registers: [registry],
    }),
    decisions: new Counter({
      name: "understudy_decisions_total",
      help: "Events written to the logs of rollouts.",
      labelNames: ["rollout", "kind"],
      registers: [registry],
    }),
  };
}
