import type { Variant } from "../observation.ts";
import { type MaturedCase, maturedBeforeMs } from "../performance/maturity.ts";
import type { PerformanceRules } from "../performance/performance.ts";
import type { Prediction } from "../performance/prediction.ts";
import { UNIT_EDGES } from "../performance/scoreBins.ts";
import {
  type ErrorChanged,
  type PerformanceWatch,
  startPerformanceWatch,
  watchMatured,
} from "../performance/watch.ts";
import type { Plan } from "../plan/plan.ts";
import type { AnomalyEvent } from "../rollout/event.ts";
import { ANOMALIES_MAX, type Anomaly } from "../rollout/state.ts";
import { percent } from "../words.ts";
import { eventsOf, findDrift, findEarlyDrift, joined, type Look, type Quiet } from "./anomalies.ts";
import { findLowCoverage } from "./coverage.ts";
import {
  closeDriftWindow,
  type DriftReport,
  type DriftState,
  type DriftWatch,
  lookAtDrift,
  openDriftWatch,
  type Row,
  watchRow,
} from "./driftWatch.ts";
import {
  calibrate,
  closeEstimates,
  type Estimate,
  type EstimateWatches,
  estimate,
  findUnusual,
  startEstimates,
} from "./estimates.ts";
import { figuresOf, lastDay, type VariantFigures } from "./figures.ts";
import { findBelowFloors } from "./floors.ts";

/** All that is kept of what is watched in a rollout, also after its promotion: plain JSON, bounded. */
export type WatchState = {
  readonly drift: DriftState | undefined;
  /** The last window that ended. */
  readonly report: DriftReport | undefined;
  readonly performance: PerformanceWatch | undefined;
  readonly estimates?: EstimateWatches | undefined;
  readonly quiet: Quiet;
};

/** What people see of it: the same object while nothing new is known. */
export type Watched = {
  /** The last window that ended; undefined before that, and where nobody looks for drift. */
  readonly drift: DriftReport | undefined;
  /** Of each variant, as it was some seconds ago; undefined before anything matured. */
  readonly performance: readonly VariantFigures[] | undefined;
  readonly estimates: Readonly<Partial<Record<Variant, Estimate>>>;
};

/** What is watched in a rollout. Only the functions here change it. */
export type Watch = {
  readonly plan: Plan;
  readonly drift: DriftWatch | undefined;
  readonly performance: PerformanceWatch | undefined;
  readonly estimates: EstimateWatches | undefined;
  readonly rules: PerformanceRules | undefined;
  quiet: Quiet;
  shown: Watched;
  /** When figures are worth being computed again, Unix time: some time after something matured. */
  figuresDueMs: number;
  /** Rises with every change, so that it is known what is not saved yet. */
  changes: number;
};

/** What anomalies go on, for a look. */
export type Going = readonly Anomaly[];

/** Figures take some milliseconds, so they are computed soon after something matured, and when the last day is another one. */
const FIGURES_MS = 5_000;
const AGED_MS = 900_000;
const VARIANTS = ["primary", "candidate"] as const;

/** A watch that goes on from what was stored; one for plans with neither labels nor drift rules watches nothing. */
export function openWatch(plan: Plan, stored: WatchState | undefined, nowMs: number): Watch {
  const rules = plan.labels && { ...plan.labels, edges: UNIT_EDGES };
  const performance = rules && (stored?.performance ?? startPerformanceWatch(rules));
  const estimates = rules && (stored?.estimates ?? startEstimates(nowMs));
  const isCounted = VARIANTS.some((variant) => (performance?.total[variant].matured ?? 0) > 0);
  return {
    plan,
    drift: plan.drift && openDriftWatch(plan.drift, stored?.drift, nowMs),
    performance,
    estimates,
    rules,
    quiet: stored?.quiet ?? {},
    shown: {
      drift: stored?.report,
      performance: undefined,
      estimates: Object.fromEntries(
        VARIANTS.flatMap((variant) => {
          const last = estimates?.[variant].last;
          return last === undefined ? [] : [[variant, last]];
        }),
      ),
    },
    figuresDueMs: isCounted ? nowMs : Number.POSITIVE_INFINITY,
    changes: 0,
  };
}

/** What is to be stored. */
export function watchStateOf({ drift, shown, performance, estimates, quiet }: Watch): WatchState {
  return { drift: drift?.state, report: shown.drift, performance, estimates, quiet };
}

/** Counts the features of a captured request. */
export function watchRequest(watch: Watch, row: Row): void {
  if (watch.drift !== undefined) {
    watchRow(watch.drift, row);
    watch.changes += 1;
  }
}

/** Counts predictions as they are made, whether or not labels will come. */
export function watchPredictions(watch: Watch, predictions: readonly Prediction[]): void {
  const { estimates, rules } = watch;
  if (estimates !== undefined && rules !== undefined && estimate(estimates, rules, predictions)) {
    watch.changes += 1;
  }
}

/** Counts predictions that came of age, the oldest first; returns what follows from them for the anomalies that go on. */
export function watchCases(
  watch: Watch,
  seen: { readonly cases: readonly MaturedCase[]; readonly anomalies: Going },
  nowMs: number,
): readonly AnomalyEvent[] {
  const { plan, performance, estimates, rules } = watch;
  if (performance === undefined || plan.labels === undefined || rules === undefined) {
    return [];
  }
  if (seen.cases.length === 0) {
    return [];
  }
  watch.changes += 1;
  watch.figuresDueMs = Math.min(watch.figuresDueMs, nowMs + FIGURES_MS);
  const maturedMs = maturedBeforeMs(nowMs, plan.labels.horizonMs);
  const changed = watchMatured(performance, rules, { cases: seen.cases, nowMs: maturedMs });
  if (estimates !== undefined) {
    calibrate(estimates, plan.labels, { cases: seen.cases, nowMs });
  }
  const goingOn = new Set(seen.anomalies.map(({ name }) => name));
  return changed.flatMap((change) => errorEvents(plan, change, { goingOn, nowMs }));
}

/** Looks at the window under way, and ends it when it is due; returns what follows from it. */
export function lookForDrift(
  watch: Watch,
  anomalies: Going,
  nowMs: number,
): readonly AnomalyEvent[] {
  const early = watch.drift && lookAtDrift(watch.drift, nowMs);
  const report = watch.drift && closeDriftWindow(watch.drift, nowMs);
  if (report !== undefined) {
    watch.shown = { ...watch.shown, drift: report };
    return follow(watch, findDrift(report), { anomalies, nowMs });
  }
  return early === undefined ? [] : follow(watch, findEarlyDrift(early), { anomalies, nowMs });
}

/** Ends the window of a variant's estimates that is due, if one is; returns what follows from it. */
export function lookAtEstimates(
  watch: Watch,
  variant: Variant,
  { anomalies, nowMs }: { readonly anomalies: Going; readonly nowMs: number },
): readonly AnomalyEvent[] {
  const found = watch.estimates && closeEstimates(watch.estimates[variant], nowMs);
  if (found === undefined) {
    return [];
  }
  watch.shown = { ...watch.shown, estimates: { ...watch.shown.estimates, [variant]: found } };
  return follow(watch, findUnusual(found, watch.plan[variant]), { anomalies, nowMs });
}

/** Computes what people see of labels, if that is due; after promotion, returns what follows from the plan's floors and coverage. */
export function lookAtFigures(
  watch: Watch,
  anomalies: Going,
  { nowMs, isPromoted }: { readonly nowMs: number; readonly isPromoted: boolean },
): readonly AnomalyEvent[] {
  const { plan, performance, rules } = watch;
  if (performance === undefined || rules === undefined || plan.labels === undefined) {
    return [];
  }
  if (!(nowMs >= watch.figuresDueMs)) {
    return [];
  }
  watch.figuresDueMs = nowMs + AGED_MS;
  const maturedMs = maturedBeforeMs(nowMs, plan.labels.horizonMs);
  watch.shown = { ...watch.shown, performance: figuresOf(performance, rules, maturedMs) };
  if (!isPromoted) {
    return [];
  }
  const day = lastDay(performance, rules, { variant: "candidate", nowMs: maturedMs });
  const goesOn = (name: string) => anomalies.some((anomaly) => anomaly.name === name);
  const looks = [findBelowFloors(plan, day, goesOn), findLowCoverage(plan, day, goesOn)];
  return follow(watch, joined(looks), { anomalies, nowMs });
}

function follow(
  watch: Watch,
  look: Look,
  { anomalies, nowMs }: { readonly anomalies: Going; readonly nowMs: number },
): readonly AnomalyEvent[] {
  const { events, quiet } = eventsOf(look, { anomalies, quiet: watch.quiet }, nowMs);
  watch.quiet = quiet;
  watch.changes += 1;
  return events;
}

/** More errors than before are an anomaly until they are fewer again. */
function errorEvents(
  plan: Plan,
  { variant, before, after }: ErrorChanged,
  { goingOn, nowMs }: { readonly goingOn: Set<string>; readonly nowMs: number },
): readonly AnomalyEvent[] {
  const anomaly = errorsOf(plan, variant);
  const kind = after > before ? "anomaly-raised" : "anomaly-resolved";
  const isRaised = kind === "anomaly-raised";
  if (goingOn.has(anomaly) === isRaised || (isRaised && goingOn.size >= ANOMALIES_MAX)) {
    return [];
  }
  if (isRaised) {
    goingOn.add(anomaly);
  } else {
    goingOn.delete(anomaly);
  }
  const reason = `${plan[variant]} is wrong in ${percent(after)} of its labelled predictions, ${percent(before)} before`;
  return [{ kind, atMs: nowMs, anomaly, reason }];
}

function errorsOf(plan: Plan, variant: Variant): string {
  return `errors of ${plan[variant]}`;
}
