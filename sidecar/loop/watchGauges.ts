import type { Gauge } from "prom-client";
import type { Anomaly } from "../core/rollout/state.ts";
import type { DriftReport } from "../core/watch/driftWatch.ts";
import { type Estimate, estimatesOf } from "../core/watch/estimates.ts";
import type { Figures } from "../core/watch/figures.ts";
import type { Watched } from "../core/watch/watch.ts";
import type { Metrics } from "../metrics.ts";
import type { RolloutView } from "../ports.ts";

/** Features of a rollout that have a series each. */
const FEATURES_MAX = 20;

type Labels = Readonly<Record<string, string>>;
type Series = {
  readonly gauge: Pick<Gauge, "set" | "remove">;
  readonly labels: Labels;
  readonly value: number;
};
type Shown = { readonly watched: Watched; readonly anomalies: readonly Anomaly[] };

/** Shows what is watched in each rollout. Series of what is not known any more are taken away, so that no old number looks like news. */
export class WatchGauges {
  readonly #metrics: Metrics;
  readonly #before = new Map<string, Shown>();
  readonly #series = new Map<string, readonly Series[]>();

  constructor(metrics: Metrics) {
    this.#metrics = metrics;
  }

  /** Sets what the view knows. */
  show({ plan, state: { anomalies }, watched }: RolloutView): void {
    const rollout = plan.name;
    const before = this.#before.get(rollout);
    if (before?.watched === watched && before.anomalies === anomalies) {
      return;
    }
    this.#before.set(rollout, { watched, anomalies });
    for (const { gauge, labels } of this.#series.get(rollout) ?? []) {
      gauge.remove(labels);
    }
    const isWatched = plan.drift !== undefined || plan.labels !== undefined;
    const series = isWatched ? seriesOf(this.#metrics, rollout, { watched, anomalies }) : [];
    for (const { gauge, labels, value } of series) {
      gauge.set(labels, value);
    }
    this.#series.set(rollout, series);
  }

  /** Shows nothing of the rollout any more. */
  forget(rollout: string): void {
    for (const { gauge, labels } of this.#series.get(rollout) ?? []) {
      gauge.remove(labels);
    }
    this.#series.delete(rollout);
    this.#before.delete(rollout);
  }
}

function seriesOf(
  metrics: Metrics,
  rollout: string,
  { watched, anomalies }: Shown,
): readonly Series[] {
  const { drift, performance = [], estimates } = watched;
  return [
    { gauge: metrics.anomalies, labels: { rollout }, value: anomalies.length },
    ...(drift === undefined ? [] : driftSeries(metrics, rollout, drift)),
    ...performance.flatMap(({ variant, day }) => labelSeries(metrics, { rollout, variant }, day)),
    ...Object.entries(estimates).flatMap(([variant, estimate]) =>
      estimateSeries(metrics, { rollout, variant }, estimate),
    ),
  ];
}

function driftSeries(
  { driftPsi, driftShare }: Metrics,
  rollout: string,
  { drift }: DriftReport,
): readonly Series[] {
  const measured = drift.features
    .filter(({ psi }) => psi !== null)
    .toSorted((a, b) => (b.psi ?? 0) - (a.psi ?? 0));
  return [
    { gauge: driftShare, labels: { rollout }, value: drift.dataset.share },
    ...measured.slice(0, FEATURES_MAX).map(({ name: feature, psi }) => ({
      gauge: driftPsi,
      labels: { rollout, feature },
      value: psi ?? 0,
    })),
  ];
}

function labelSeries(metrics: Metrics, of: Labels, figures: Figures): readonly Series[] {
  const { metrics: measured, auc, averagePrecision, calibration, regression } = figures;
  const values = {
    accuracy: measured.accuracy?.value,
    precision: measured.precision?.value,
    recall: measured.recall?.value,
    f1: measured.f1?.value,
    auc: auc?.value,
    average_precision: averagePrecision?.value,
    brier: calibration?.brier,
    log_loss: calibration?.logLoss,
    ece: calibration?.ece,
    mae: regression?.mae,
    rmse: regression?.rmse,
  };
  return [
    ...known(metrics.performance, of, values),
    ...(figures.coverage === undefined
      ? []
      : [{ gauge: metrics.labelCoverage, labels: of, value: figures.coverage }]),
  ];
}

function estimateSeries(
  { estimatedPerformance }: Metrics,
  of: Labels,
  estimate: Estimate,
): readonly Series[] {
  const values = estimatesOf(estimate).map(({ name, value }) => [name, value]);
  return known(estimatedPerformance, of, Object.fromEntries(values));
}

/** A series for each metric that has a value. */
function known(
  gauge: Series["gauge"],
  of: Labels,
  values: Readonly<Record<string, number | undefined>>,
): readonly Series[] {
  return Object.entries(values).flatMap(([metric, value]) =>
    value === undefined ? [] : [{ gauge, labels: { ...of, metric }, value }],
  );
}
