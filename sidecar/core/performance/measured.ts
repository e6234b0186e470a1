import { bernoulliInterval, type Interval } from "../evidence/bernoulliInterval.ts";
import { metricAt } from "../evidence/loss.ts";
import type { LabelMetric } from "../plan/plan.ts";
import { countsByClass } from "./confusion.ts";
import type { Performance, PerformanceRules } from "./performance.ts";

/** A metric's value, where the true one lies, and how many events it was seen in (see `metricAt`). */
export type Measured = Interval & { readonly value: number; readonly n: number };

/**
 * A metric of what matured, with an interval that is right with chance 1 - alpha: for all of a rollout at every look, for a window at any one.
 * Undefined without an event of the metric: no data is no figure.
 */
export function measuredOf(
  performance: Performance,
  metric: LabelMetric,
  { positive, within, alpha }: Pick<PerformanceRules, "positive" | "within"> & { alpha: number },
): Measured | undefined {
  const { n, k } =
    metric === "accuracy"
      ? mistakesOf(performance, within)
      : eventsAgainst(performance, metric, positive);
  if (n === 0) {
    return undefined;
  }
  const { from, to } = bernoulliInterval({ n, k }, alpha);
  return {
    n,
    value: metricAt(metric, k / n),
    from: metricAt(metric, to),
    to: metricAt(metric, from),
  };
}

type Events = { readonly n: number; readonly k: number };

function mistakesOf({ confusion, errors, near }: Performance, within: number | undefined): Events {
  return within === undefined
    ? { n: confusion.n, k: confusion.n - confusion.correct }
    : { n: errors.n, k: errors.n - near };
}

function eventsAgainst(
  { confusion }: Performance,
  metric: Exclude<LabelMetric, "accuracy">,
  positive: string,
): Events {
  const counts = countsByClass(confusion)[confusion.classes.indexOf(positive)];
  const { tp, fp, fn } = counts ?? { tp: 0, fp: 0, fn: 0 };
  const against = { precision: fp, recall: fn, f1: fp + fn };
  return { n: tp + against[metric], k: against[metric] };
}
