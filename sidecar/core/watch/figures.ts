import type { Variant } from "../observation.ts";
import { type Measured, measuredOf } from "../performance/measured.ts";
import {
  type Performance,
  type PerformanceFigures,
  type PerformanceRules,
  performanceOf,
} from "../performance/performance.ts";
import { type PerformanceWatch, performanceWindows } from "../performance/watch.ts";
import { sumOver } from "../performance/windows.ts";
import { LABEL_METRICS, type LabelMetric } from "../plan/plan.ts";

/** What labels say of predictions: every figure, and the metrics with where they lie. */
export type Figures = Omit<PerformanceFigures, "accuracy" | "positive"> & {
  readonly metrics: Readonly<Partial<Record<LabelMetric, Measured>>>;
};

/** What labels say of one variant. */
export type VariantFigures = {
  readonly variant: Variant;
  /** Since the rollout began. */
  readonly total: Figures;
  /** Of the requests of the last day. */
  readonly day: Figures;
  /** The same by slice, in brief; those without a prediction of the variant are left out. */
  readonly slices: readonly { readonly name: string; readonly figures: Figures }[];
};

/** The chance that an interval which people see is wrong. */
const SHOWN_ALPHA = 0.05;
export const DAY_MS = 86_400_000;

/** What people see of both variants' labelled predictions. `nowMs` is Unix time. */
export function figuresOf(
  watch: PerformanceWatch,
  rules: PerformanceRules,
  nowMs: number,
): readonly VariantFigures[] {
  return (["primary", "candidate"] as const).map((variant) => ({
    variant,
    total: shown(watch.total[variant], rules),
    day: shown(lastDay(watch, rules, { variant, nowMs }), rules),
    slices: watch.windows.slices
      .map((name) => ({
        name,
        figures: shown(lastDay(watch, rules, { variant, nowMs, slice: name }), rules),
      }))
      .filter(({ figures }) => figures.matured > 0),
  }));
}

/** What matured of a variant's requests of the last day, by the quarter of an hour; of one slice, or of all. */
export function lastDay(
  watch: PerformanceWatch,
  rules: PerformanceRules,
  of: { readonly variant: Variant; readonly nowMs: number; readonly slice?: string },
): Performance {
  const { nowMs, ...rest } = of;
  const span = { fromMs: nowMs - DAY_MS, toMs: nowMs + 1, ...rest };
  return sumOver(watch.windows, performanceWindows(rules), span);
}

function shown(performance: Performance, rules: PerformanceRules): Figures {
  const settings = { ...rules, alpha: SHOWN_ALPHA };
  const { accuracy: _, positive: __, ...figures } = performanceOf(performance, settings);
  const metrics = LABEL_METRICS.flatMap((metric): [LabelMetric, Measured][] => {
    const measured = measuredOf(performance, metric, settings);
    return measured === undefined ? [] : [[metric, measured]];
  });
  return { ...figures, metrics: Object.fromEntries(metrics) };
}
