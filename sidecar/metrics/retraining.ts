import { Counter, Gauge, type Registry } from "prom-client";

/** What came of telling that versions should be trained again. `outcome` is of a closed set. */
export type RetrainingMetrics = {
  readonly retrainingCalls: Counter<"outcome">;
  readonly retrainingsOpen: Gauge;
};

/** Makes them. */
export function retrainingMetrics(registry: Registry): RetrainingMetrics {
  return {
    retrainingCalls: new Counter({
      name: "understudy_retraining_calls_total",
      help: "Times that somebody was told that a version should be trained again, by what came of it.",
      labelNames: ["outcome"],
      registers: [registry],
    }),
    retrainingsOpen: new Gauge({
      name: "understudy_retrainings_open",
      help: "Rollouts whose version should be trained again, and nobody has taken it on yet.",
      registers: [registry],
    }),
  };
}
