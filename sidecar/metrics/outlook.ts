import { Counter, Gauge, type Registry } from "prom-client";

/** How asking others goes. `gate` is a name from the file of hooks, at most 50, or `unlisted`; `outcome` is of a closed set. */
export type OutlookMetrics = {
  readonly gateCalls: Counter<"gate" | "outcome">;
  readonly gatesOpen: Gauge;
  readonly probes: Counter<"variant" | "outcome">;
  readonly ready: Gauge<"rollout" | "variant">;
};

/** Makes them. */
export function outlookMetrics(registry: Registry): OutlookMetrics {
  const registers = [registry];
  return {
    gateCalls: new Counter({
      name: "understudy_gate_calls_total",
      help: "Times that gates were asked, by what came of it.",
      labelNames: ["gate", "outcome"],
      registers,
    }),
    gatesOpen: new Gauge({
      name: "understudy_gates_open",
      help: "Rollouts that wait for a gate.",
      registers,
    }),
    probes: new Counter({
      name: "understudy_probes_total",
      help: "Times that variants were asked whether they are ready, by what came of it.",
      labelNames: ["variant", "outcome"],
      registers,
    }),
    ready: new Gauge({
      name: "understudy_ready",
      help: "1 when a variant says that it is ready.",
      labelNames: ["rollout", "variant"],
      registers,
    }),
  };
}
