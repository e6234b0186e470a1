import type { understudy } from "#proto";
import type { FeatureDrift } from "../core/drift/assess.ts";
import { byDrift } from "../core/drift/byDrift.ts";
import type { MultivariateDrift } from "../core/drift/multivariate.ts";
import type { Variant } from "../core/observation.ts";
import type { DriftReport } from "../core/watch/driftWatch.ts";
import { type Estimate, estimatesOf } from "../core/watch/estimates.ts";
import type { Figures } from "../core/watch/figures.ts";
import type { RolloutView } from "../ports.ts";

/** Features of a window that are told. */
const FEATURES_SHOWN_MAX = 20;
const VARIANTS = ["primary", "candidate"] as const;

/** The fields of Rollout about what is watched. */
export function watchedOf(
  view: RolloutView,
): Pick<understudy.v1.Rollout.$Properties, "anomalies" | "drift" | "performance"> {
  const { state, watched } = view;
  return {
    anomalies: state.anomalies.map(({ name, sinceMs, reason }) => ({
      name,
      sinceUnixMs: sinceMs,
      reason,
    })),
    drift: watched.drift === undefined ? null : windowOf(watched.drift),
    performance: VARIANTS.flatMap((variant) => versionOf(variant, view)),
  };
}

function windowOf({
  fromMs,
  toMs,
  rows,
  drift,
  together,
}: DriftReport): understudy.v1.DriftWindow.$Properties {
  return {
    fromUnixMs: fromMs,
    toUnixMs: toMs,
    rows,
    share: drift.dataset.share,
    drifted: drift.dataset.drifted,
    features: byDrift(drift.features).slice(0, FEATURES_SHOWN_MAX).map(featureOf),
    featuresSeen: drift.features.length,
    together: together === undefined ? null : togetherOf(together),
  };
}

function featureOf(feature: FeatureDrift): understudy.v1.FeatureDrift.$Properties {
  const { name, type, n, missing, psi, psiCritical, ks, drifted, reasons } = feature;
  return {
    ...{ name, type, n, missing, psi, psiCritical, drifted },
    ks: ks?.statistic ?? null,
    ksPValue: ks?.pValue ?? null,
    reasons: [...reasons],
  };
}

function togetherOf({
  drifted,
  classifier,
  reasons,
}: MultivariateDrift): understudy.v1.DriftTogether.$Properties {
  return { drifted, auc: classifier.auc, reasons: [...reasons] };
}

/** What is known of a version; nothing while nothing matured. */
function versionOf(
  variant: Variant,
  { plan, watched }: RolloutView,
): readonly understudy.v1.VersionPerformance.$Properties[] {
  const figures = watched.performance?.find((each) => each.variant === variant);
  if (figures === undefined || figures.total.matured === 0) {
    return [];
  }
  const estimate = watched.estimates[variant];
  const slices = figures.slices.map(({ name, figures: day }) => ({ name, day: figuresOf(day) }));
  return [
    {
      version: plan[variant],
      total: figuresOf(figures.total),
      day: figuresOf(figures.day),
      slices,
      estimated: estimate === undefined ? null : estimateOf(estimate),
    },
  ];
}

function figuresOf(figures: Figures): understudy.v1.PerformanceFigures.$Properties {
  const { matured, labelled, metrics, auc, calibration, regression } = figures;
  return {
    matured,
    labelled,
    accuracy: metrics.accuracy ?? null,
    precision: metrics.precision ?? null,
    recall: metrics.recall ?? null,
    f1: metrics.f1 ?? null,
    auc: auc ?? null,
    brier: calibration?.brier ?? null,
    logLoss: calibration?.logLoss ?? null,
    ece: calibration?.ece ?? null,
    mae: regression?.mae ?? null,
    rmse: regression?.rmse ?? null,
  };
}

function estimateOf(estimate: Estimate): understudy.v1.PerformanceEstimate.$Properties {
  const figures = estimatesOf(estimate).map(({ name, value, usual }) => [name, { value, usual }]);
  return {
    toUnixMs: estimate.toMs,
    n: estimate.figures.n,
    ...Object.fromEntries(figures),
  };
}
