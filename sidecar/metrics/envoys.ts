import { Counter, Gauge, type Registry } from "prom-client";

/** Envoys that discover from the sidecar what they serve. */
export type EnvoyMetrics = {
  readonly envoyStreams: Gauge;
  readonly envoyStreamsClosed: Counter<"reason">;
  readonly envoyResponses: Counter<"kind" | "outcome">;
};

/** Makes them. */
export function envoyMetrics(registry: Registry): EnvoyMetrics {
  return {
    envoyStreams: new Gauge({
      name: "understudy_envoy_streams",
      help: "Streams of Envoys that discover resources.",
      registers: [registry],
    }),
    envoyStreamsClosed: new Counter({
      name: "understudy_envoy_streams_closed_total",
      help: "Streams of Envoys ended, by reason.",
      labelNames: ["reason"],
      registers: [registry],
    }),
    envoyResponses: new Counter({
      name: "understudy_envoy_responses_total",
      help: "Responses to Envoys, sent, accepted and refused, by kind of resource.",
      labelNames: ["kind", "outcome"],
      registers: [registry],
    }),
  };
}
