import type { LabelMetric } from "../plan/plan.ts";

/**
 * The value of a metric at a share of its events, in [0, 1], that is against the model. Every metric is about the mean of its own events:
 * accuracy about all labelled predictions, k of them wrong; precision about those that say `positive`, k of them falsely; recall about those
 * whose label is, k of them missed; F1 about those of which either is. With J = TP / (TP + FP + FN) = 1 - k / n, F1 is 2J / (1 + J).
 */
export function metricAt(metric: LabelMetric, loss: number): number {
  const good = 1 - loss;
  return metric === "f1" ? (2 * good) / (1 + good) : good;
}

/** The inverse of `metricAt`: the share of events that is against a model whose metric has this value, in (0, 1). */
export function lossAt(metric: LabelMetric, value: number): number {
  return metric === "f1" ? 1 - value / (2 - value) : 1 - value;
}
