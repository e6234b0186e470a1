import type { Variant } from "../observation.ts";
import type { MaturedCase } from "../performance/maturity.ts";
import type { PerformanceRules } from "../performance/performance.ts";
import { UNIT_EDGES } from "../performance/scoreBins.ts";
import {
  type ErrorChanged,
  type PerformanceWatch,
  startPerformanceWatch,
  watchMatured,
} from "../performance/watch.ts";
import type { Plan } from "../plan/plan.ts";
import type { AnomalyEvent } from "../rollout/event.ts";
import type { Anomaly } from "../rollout/state.ts";
import { eventsOf, findDrift, type Quiet } from "./anomalies.ts";
import {
  closeDriftWindow,
  type DriftReport,
  type DriftState,
  type DriftWatch,
  openDriftWatch,
  type Row,
  watchRow,
} from "./driftWatch.ts";

/** All that is kept of what is watched in a rollout, also after its promotion: plain JSON, bounded. */
export type WatchState = {
  readonly drift: DriftState | undefined;
  /** The last window that ended. */
  readonly report: DriftReport | undefined;
  readonly performance: PerformanceWatch | undefined;
  readonly quiet: Quiet;
};

/** What is watched in a rollout. Only the functions here change it. */
export type Watch = {
  readonly plan: Plan;
  readonly drift: DriftWatch | undefined;
  report: DriftReport | undefined;
  readonly performance: PerformanceWatch | undefined;
  readonly rules: PerformanceRules | undefined;
  quiet: Quiet;
  /** Rises with every change, so that it is known what is not saved yet. */
  changes: number;
};

/** A watch that goes on from what was stored; one for plans with neither labels nor drift rules watches nothing. */
export function openWatch(plan: Plan, stored: WatchState | undefined, nowMs: number): Watch {
  const rules = plan.labels && { ...plan.labels, edges: UNIT_EDGES };
  return {
    plan,
    drift: plan.drift && openDriftWatch(plan.drift, stored?.drift, nowMs),
    report: stored?.report,
    performance: rules && (stored?.performance ?? startPerformanceWatch(rules)),
    rules,
    quiet: stored?.quiet ?? {},
    changes: 0,
  };
}

/** What is to be stored. */
export function watchStateOf({ drift, report, performance, quiet }: Watch): WatchState {
  return { drift: drift?.state, report, performance, quiet };
}

/** Counts the features of a captured request. */
export function watchRequest(watch: Watch, row: Row): void {
  if (watch.drift !== undefined) {
    watchRow(watch.drift, row);
    watch.changes += 1;
  }
}

/** Counts predictions that came of age, the oldest first; returns what follows from them for the anomalies that go on. */
export function watchCases(
  watch: Watch,
  seen: { readonly cases: readonly MaturedCase[]; readonly anomalies: readonly Anomaly[] },
  nowMs: number,
): readonly AnomalyEvent[] {
  const { performance, rules } = watch;
  if (performance === undefined || rules === undefined || seen.cases.length === 0) {
    return [];
  }
  watch.changes += 1;
  const changed = watchMatured(performance, rules, { cases: seen.cases, nowMs });
  const goingOn = new Set(seen.anomalies.map(({ name }) => name));
  return changed.flatMap((change) => errorEvents(watch.plan, change, { goingOn, nowMs }));
}

/** Ends the window that is due, if one is; returns what follows from it. */
export function lookForDrift(
  watch: Watch,
  anomalies: readonly Anomaly[],
  nowMs: number,
): readonly AnomalyEvent[] {
  const report = watch.drift && closeDriftWindow(watch.drift, nowMs);
  if (report === undefined) {
    return [];
  }
  watch.report = report;
  watch.changes += 1;
  const { events, quiet } = eventsOf(findDrift(report), { anomalies, quiet: watch.quiet }, nowMs);
  watch.quiet = quiet;
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
  if (goingOn.has(anomaly) === (kind === "anomaly-raised")) {
    return [];
  }
  if (kind === "anomaly-raised") {
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

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(3))}%`;
}
