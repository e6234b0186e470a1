import { Counter, Gauge, type Registry } from "prom-client";

/** What becomes of predictions and of their labels. */
export type LabelMetrics = {
  readonly predictions: Counter<"outcome">;
  readonly predictionsStored: Gauge;
  readonly labels: Counter<"outcome">;
  readonly labelsWaiting: Gauge;
};

/** Makes them. */
export function labelMetrics(registry: Registry): LabelMetrics {
  const outcomes = (name: string, help: string) =>
    new Counter({
      name: `understudy_${name}_total`,
      help,
      labelNames: ["outcome"],
      registers: [registry],
    });
  const gauge = (name: string, help: string) =>
    new Gauge({ name: `understudy_${name}`, help, registers: [registry] });
  return {
    predictions: outcomes(
      "predictions",
      "Predictions that labels may come for, by what became of them.",
    ),
    predictionsStored: gauge("predictions_stored", "Requests whose predictions are stored."),
    labels: outcomes("labels", "Labels received, by what became of them."),
    labelsWaiting: gauge("labels_waiting", "Labels whose prediction is not known."),
  };
}
