import { assessDataset, DRIFT, type Drift } from "../drift/assess.ts";
import { type Binning, binningOf } from "../drift/binning.ts";
import {
  assessMultivariate,
  MULTIVARIATE_DEFAULTS,
  type Multivariate,
  type MultivariateDrift,
  type MultivariateWindow,
  multivariateOf,
  startMultivariate,
} from "../drift/multivariate.ts";
import { codesOf } from "../drift/rowCodes.ts";
import { offerRow } from "../drift/rowSample.ts";
import { addRow, startCounts, type WindowCounts } from "../drift/window.ts";
import type { DriftRules } from "../plan/plan.ts";

/** A request's features by name, with what was predicted. */
export type Row = Readonly<Record<string, unknown>>;

/** All that is kept of a watch: plain JSON. */
export type DriftState = {
  /** Windows that have ended: the seed of the next one's sample. */
  readonly windows: number;
  /** When the window under way began, Unix time. */
  readonly beganMs: number;
  readonly counts: WindowCounts;
  readonly together: MultivariateWindow | undefined;
};

/** What was found in a window. */
export type DriftReport = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  readonly drift: Drift;
  /** Of all features together; undefined when the reference says nothing of that, or the window is too small. */
  readonly together: MultivariateDrift | undefined;
};

/** Looks for drift in what is captured: one window after the other. */
export type DriftWatch = {
  readonly rules: DriftRules;
  readonly binnings: readonly Binning[];
  readonly multivariate: Multivariate | undefined;
  state: DriftState;
};

/** A watch that goes on from `stored`, unless that is of another reference. */
export function openDriftWatch(
  rules: DriftRules,
  stored: DriftState | undefined,
  nowMs: number,
): DriftWatch {
  const { reference } = rules;
  const binnings = reference.features.map(binningOf);
  const multivariate =
    reference.multivariate && multivariateOf(reference.features, reference.multivariate);
  const isSame = stored?.counts.profileHash === reference.hash;
  const begun = { rules, binnings, multivariate };
  return { ...begun, state: isSame ? stored : newState(begun, { windows: 0, beganMs: nowMs }) };
}

/** Counts one captured request. */
export function watchRow(watch: DriftWatch, row: Row): void {
  const { binnings, multivariate, state } = watch;
  addRow(state.counts, binnings, row);
  if (multivariate !== undefined && state.together !== undefined) {
    offerRow(state.together, () => codesOf(multivariate.codings, row));
  }
}

/**
 * Ends the window when it is due, and says what is in it; undefined while it is not. One that is old but has too few rows to be judged goes
 * on. The chance of a false alarm in a window is its share of the time that the rules leave between two.
 */
export function closeDriftWindow(watch: DriftWatch, nowMs: number): DriftReport | undefined {
  const { rules, state } = watch;
  const { rows } = state.counts;
  const lastedMs = Math.max(1, nowMs - state.beganMs);
  const isDue = rows >= rules.windowRows || lastedMs >= rules.windowMs;
  if (!isDue || rows < DRIFT.rowsMin) {
    return undefined;
  }
  const alpha = Math.min(ALPHA_MAX, lastedMs / rules.falseAlarmEveryMs);
  // Both looks spend half of it.
  const drift = assessDataset(rules.reference, state.counts, {
    ...DRIFT,
    falseAlarmEvery: 2 / alpha,
  });
  const together =
    watch.multivariate && state.together
      ? (assessMultivariate(watch.multivariate, state.together, {
          ...MULTIVARIATE_DEFAULTS,
          alpha: alpha / 2,
        }) ?? undefined)
      : undefined;
  watch.state = newState(watch, { windows: state.windows + 1, beganMs: nowMs });
  return { fromMs: state.beganMs, toMs: nowMs, rows, drift, together };
}

/** However short the time between false alarms is to be, no window raises one more often than this. */
const ALPHA_MAX = 0.05;

function newState(
  { rules, binnings, multivariate }: Omit<DriftWatch, "state">,
  begin: Pick<DriftState, "windows" | "beganMs">,
): DriftState {
  return {
    ...begin,
    counts: startCounts(rules.reference, binnings),
    together: multivariate && startMultivariate(multivariate, begin.windows + 1),
  };
}
