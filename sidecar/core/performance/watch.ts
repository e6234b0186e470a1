import type { Variant } from "../observation.ts";
import { addError, type ErrorAlarm, type ErrorChange, startErrorAlarm } from "./errorAlarm.ts";
import type { CasePrediction, MaturedCase } from "./maturity.ts";
import {
  addMatured,
  mergePerformance,
  noPerformance,
  type Performance,
  type PerformanceRules,
} from "./performance.ts";
import { cellsFor, dropOld, noWindows, type SlicedWindows, type WindowRules } from "./windows.ts";

/** Everything that is kept of matured predictions: plain JSON, bounded. */
export type PerformanceWatch = {
  /** Since the watch began. */
  readonly total: Readonly<Record<Variant, Performance>>;
  /** By the time when requests began, and by slice. */
  readonly windows: SlicedWindows<Performance>;
  readonly alarms: Readonly<Record<Variant, ErrorAlarm>>;
};

/** A change of a variant's share of errors, seen at the prediction of a request that began at a time. */
export type ErrorChanged = ErrorChange & { readonly variant: Variant; readonly atMs: number };

/** A quarter of an hour each, for a day; slices in brief. */
export function performanceWindows(rules: PerformanceRules): WindowRules<Performance> {
  return {
    bucketMs: 900_000,
    buckets: 96,
    start: (of) => noPerformance(of === "whole" ? "whole" : "brief", rules),
    merge: mergePerformance,
  };
}

/** Nothing matured. */
export function startPerformanceWatch(rules: PerformanceRules): PerformanceWatch {
  return {
    total: { primary: noPerformance("whole", rules), candidate: noPerformance("whole", rules) },
    windows: noWindows(),
    alarms: { primary: startErrorAlarm(), candidate: startErrorAlarm() },
  };
}

/** Counts cases as they were handed out, oldest first, and returns the changes that they showed. `nowMs` is Unix time. */
export function watchMatured(
  watch: PerformanceWatch,
  rules: PerformanceRules,
  { cases, nowMs }: { readonly cases: readonly MaturedCase[]; readonly nowMs: number },
): readonly ErrorChanged[] {
  dropOld(watch.windows, performanceWindows(rules), nowMs);
  return cases.flatMap((each) => {
    const { primary, candidate } = each.predictions;
    return [
      ...watchOne(watch, rules, { each, nowMs, variant: "primary", prediction: primary }),
      ...watchOne(watch, rules, { each, nowMs, variant: "candidate", prediction: candidate }),
    ];
  });
}

type One = {
  readonly each: MaturedCase;
  readonly nowMs: number;
  readonly variant: Variant;
  readonly prediction: CasePrediction | undefined;
};

function watchOne(
  watch: PerformanceWatch,
  rules: PerformanceRules,
  { each, nowMs, variant, prediction }: One,
): readonly ErrorChanged[] {
  if (prediction === undefined) {
    return [];
  }
  const { label, atMs } = each;
  const { slice } = prediction;
  const counted = { prediction, label };
  const place = { atMs, variant, slice, nowMs };
  for (const cell of cellsFor(watch.windows, performanceWindows(rules), place)) {
    addMatured(cell, rules, counted);
  }
  const isRight = addMatured(watch.total[variant], rules, counted);
  const change = isRight === undefined ? undefined : addError(watch.alarms[variant], !isRight);
  return change === undefined ? [] : [{ ...change, variant, atMs }];
}
