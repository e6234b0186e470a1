import { Counter, Gauge, type Registry } from "prom-client";

/** What comes from filters. */
export type IntakeMetrics = {
  readonly observations: Counter<"outcome">;
  readonly observationsRefused: Counter<"reason">;
  readonly undecodable: Counter<"variant" | "reason">;
  readonly batches: Counter<"outcome">;
  readonly batchesLost: Counter;
  readonly filterDrops: Counter<"reason">;
  readonly filterRefusals: Counter;
  readonly queueBytes: Gauge;
  readonly queueRefused: Counter<"queue">;
};

/** Makes them. */
export function intakeMetrics(registry: Registry): IntakeMetrics {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  return {
    observations: counter(
      "observations",
      "Observations received, by what became of them.",
      "outcome",
    ),
    observationsRefused: counter(
      "observations_refused",
      "Observations that can't be true, by the field at fault.",
      "reason",
    ),
    undecodable: counter(
      "undecodable",
      "Bodies of pairs that can't be read as what they are meant to be.",
      "variant",
      "reason",
    ),
    batches: counter("batches", "Batches received, by what became of them.", "outcome"),
    batchesLost: counter("batches_lost", "Batches that a filter sent and that never came."),
    filterDrops: counter(
      "filter_drops",
      "Evidence and shadows that filters went without.",
      "reason",
    ),
    filterRefusals: counter("filter_refusals", "Traffic that a filter refused."),
    queueBytes: new Gauge({
      name: "understudy_queue_bytes",
      help: "Observations waiting to be counted, as bytes on the wire.",
      registers: [registry],
    }),
    queueRefused: counter("queue_refused", "What a full queue did not take.", "queue"),
  };
}
