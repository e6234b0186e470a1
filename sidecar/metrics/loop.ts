import { Counter, Histogram, type Registry } from "prom-client";

/** How deciding, saving and delivering goes. */
export type LoopMetrics = {
  readonly applies: Counter;
  readonly actuatorFailures: Counter<"code">;
  readonly generationsAhead: Counter;
  readonly saves: Counter;
  readonly storeFailures: Counter<"code">;
  readonly saveSeconds: Histogram;
  readonly ticks: Counter;
  readonly tickSeconds: Histogram;
  readonly faults: Counter<"where">;
};

/** Makes them. */
export function loopMetrics(registry: Registry): LoopMetrics {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name: `understudy_${name}_total`, help, labelNames, registers: [registry] });
  const seconds = (name: string, help: string) =>
    new Histogram({
      name: `understudy_${name}_seconds`,
      help,
      buckets: [0.0005, 0.001, 0.005, 0.02, 0.1, 0.5, 2],
      registers: [registry],
    });
  return {
    applies: counter("applies", "Traffic handed to the actuator."),
    actuatorFailures: counter("actuator_failures", "What the actuator could not do.", "code"),
    generationsAhead: counter(
      "generations_ahead",
      "Times proxies were found with a newer generation than the store's: an older copy, or another sidecar.",
    ),
    saves: counter("saves", "Changes that the store confirmed."),
    storeFailures: counter("store_failures", "What the store could not do.", "code"),
    saveSeconds: seconds("save", "How long the store took to confirm a change."),
    ticks: counter("ticks", "Turns of the loop."),
    tickSeconds: seconds("tick", "How long a turn of the loop took."),
    faults: counter("faults", "Errors that only a mistake in the program explains.", "where"),
  };
}
