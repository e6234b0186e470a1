import { Counter, Gauge, type Registry } from "prom-client";

/** How telling goes. `target` is a name from the file of alerts, at most 20; `code` and `reason` are of closed sets. */
export type AlertMetrics = {
  readonly alertsSent: Counter<"target">;
  readonly alertAttemptsFailed: Counter<"target" | "code">;
  readonly alertsDead: Counter<"target" | "reason">;
  readonly alertsWaiting: Gauge<"target">;
};

/** Makes them. */
export function alertMetrics(registry: Registry): AlertMetrics {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  return {
    alertsSent: counter("alerts_sent", "Notices that a target took.", "target"),
    alertAttemptsFailed: counter(
      "alert_attempts_failed",
      "Attempts to tell a target that failed, by code.",
      "target",
      "code",
    ),
    alertsDead: counter(
      "alerts_dead",
      "Notices that a target will not be told, by reason; each is in the log.",
      "target",
      "reason",
    ),
    alertsWaiting: new Gauge({
      name: "understudy_alerts_waiting",
      help: "Notices that a target is still to be told.",
      labelNames: ["target"],
      registers: [registry],
    }),
  };
}
