import { assessDataset, DRIFT, type Drift } from "../drift/assess.ts";
import { assessRun, type RunAlarm } from "../drift/assessRun.ts";
import { type Binning, binningOf } from "../drift/binning.ts";
import {
  MULTIVARIATE_DEFAULTS,
  type Multivariate,
  type MultivariateDrift,
  type MultivariateWindow,
  multivariateOf,
  multivariateWork,
  startMultivariate,
} from "../drift/multivariate.ts";
import { offerRow } from "../drift/rowSample.ts";
import {
  addToStreams,
  changesIn,
  lookAtStreams,
  type Stream,
  type StreamChange,
  type StreamSource,
  startStreams,
  streamSources,
  takeChanges,
} from "../drift/streams.ts";
import { addRow, startCounts, type WindowCounts } from "../drift/window.ts";
import type { DriftRules } from "../plan/plan.ts";
import { advance, type Work } from "../work.ts";

/** A request's features with what was predicted, in the order of the reference; undefined for none. */
export type Row = readonly unknown[];

/** All that is kept of a watch: plain JSON, bounded. */
export type DriftState = {
  /** Windows that have ended: the seed of the next one's sample. */
  readonly windows: number;
  /** When the window under way began, Unix time. */
  readonly beganMs: number;
  readonly counts: WindowCounts;
  readonly together: MultivariateWindow | undefined;
  /** These go on from window to window. */
  readonly streams: readonly Stream[];
};

/** What was found in a window. */
export type DriftReport = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly rows: number;
  readonly drift: Drift;
  /** Of all features together; undefined when the reference says nothing of that, or the window is too small. */
  readonly together: MultivariateDrift | undefined;
  /** Streams that changed while it lasted. */
  readonly changes: readonly StreamChange[];
};

/** What is known of a window under way: features that have drifted for certain, and streams that changed. */
export type EarlyDrift = {
  readonly rows: number;
  readonly alarms: readonly RunAlarm[];
  readonly changes: readonly StreamChange[];
};

/** A window that has ended, whose features are judged, and all of them together piece by piece. Never stored. */
type Judging = {
  readonly report: DriftReport;
  readonly together: Work<MultivariateDrift | null> | undefined;
};

/** Looks for drift in what is captured: one window after the other. */
export type DriftWatch = {
  readonly rules: DriftRules;
  readonly binnings: readonly Binning[];
  readonly multivariate: Multivariate | undefined;
  readonly sources: readonly StreamSource[];
  state: DriftState;
  judging: Judging | undefined;
  /** When the window under way was looked at, and whether a row came since then. */
  lookedMs: number;
  hasNews: boolean;
};

/** However short the time between false alarms is to be, no window raises one more often than this. */
const ALPHA_MAX = 0.05;
/** Each has an equal part of that: features and all of them together when a window ends, features while it is under way, and streams. */
const LOOKS = 4;
/** However many rows come, a window lasts so long: judging it takes a tenth of a second at most, or so. */
const WINDOW_MS_MIN = 1_000;
/** About how long one look may judge: a fraction of what the loop may stand still. */
const JUDGE_US = 10_000;
/** A window under way is looked at no more often than this. */
const LOOK_MS = 1_000;

/** A watch that goes on from `stored`, unless that is of another reference. */
export function openDriftWatch(
  rules: DriftRules,
  stored: DriftState | undefined,
  nowMs: number,
): DriftWatch {
  const { reference } = rules;
  const begun = {
    rules,
    binnings: reference.features.map(binningOf),
    multivariate:
      reference.multivariate && multivariateOf(reference.features, reference.multivariate),
    sources: streamSources(reference.features, rules.streams),
  };
  const streams = startStreams(begun.sources, rules.streams);
  const isSame = stored?.counts.profileHash === reference.hash;
  const state = isSame ? stored : newState(begun, { windows: 0, beganMs: nowMs, streams });
  return { ...begun, state, judging: undefined, lookedMs: nowMs, hasNews: false };
}

/** Counts one captured request. */
export function watchRow(watch: DriftWatch, row: Row): void {
  const { binnings, multivariate, sources, state } = watch;
  const codes = addRow(state.counts, binnings, row);
  if (multivariate !== undefined && state.together !== undefined) {
    offerRow(state.together, () => codes.slice(0, multivariate.codings.length));
  }
  addToStreams(sources, state.streams, codes);
  watch.hasNews = true;
}

/**
 * Looks at the window under way: what has drifted for certain need not wait for its end. Undefined where no row came since the last look, or that was a
 * moment ago. The window is looked at again and again, with the chance of a false alarm that the time it has lasted gives it: nothing that rows say
 * makes that larger, so it is for all looks together.
 */
export function lookAtDrift(watch: DriftWatch, nowMs: number): EarlyDrift | undefined {
  const { rules, state, sources } = watch;
  if (!watch.hasNews || nowMs - watch.lookedMs < LOOK_MS) {
    return undefined;
  }
  lookAtStreams(state.streams, alphaOf(rules, nowMs - watch.lookedMs));
  watch.lookedMs = nowMs;
  watch.hasNews = false;
  const { rows } = state.counts;
  const alpha = alphaOf(rules, nowMs - state.beganMs);
  const alarms =
    rows < DRIFT.rowsMin || alpha === 0
      ? []
      : assessRun(rules.reference, state.counts, { alpha, thresholds: rules.thresholds });
  return { rows, alarms, changes: changesIn(sources, state.streams) };
}

/**
 * Ends the window when it is due, and says what is in it, at once or, where its rows are many, some looks later; undefined at any other look. One that
 * is old but has too few rows to be judged goes on. The chance of a false alarm in a window is its share of the time that the rules leave between two.
 * A window that is being judged when the sidecar stops is not judged at all: the next one tells.
 */
export function closeDriftWindow(watch: DriftWatch, nowMs: number): DriftReport | undefined {
  watch.judging ??= isDue(watch, nowMs) ? endWindow(watch, nowMs) : undefined;
  if (watch.judging === undefined) {
    return undefined;
  }
  const { report, together } = watch.judging;
  const judged = together === undefined ? { result: null } : advance(together, JUDGE_US);
  if (judged === undefined) {
    return undefined;
  }
  watch.judging = undefined;
  return { ...report, together: judged.result ?? undefined };
}

function isDue({ rules, state }: DriftWatch, nowMs: number): boolean {
  const { rows } = state.counts;
  const lastedMs = nowMs - state.beganMs;
  const isFull = rows >= rules.windowRows && lastedMs >= WINDOW_MS_MIN;
  return rows >= DRIFT.rowsMin && (isFull || lastedMs >= rules.windowMs);
}

/** Judges the features of the window under way, and begins another one. */
function endWindow(watch: DriftWatch, nowMs: number): Judging {
  const { rules, state, sources, multivariate } = watch;
  const { streams, counts, together } = state;
  const alpha = alphaOf(rules, Math.max(1, nowMs - state.beganMs));
  const drift = assessDataset(rules.reference, counts, {
    ...DRIFT,
    thresholds: rules.thresholds,
    falseAlarmEvery: 1 / alpha,
  });
  const changes = takeChanges(sources, streams);
  watch.state = newState(watch, { windows: state.windows + 1, beganMs: nowMs, streams });
  const times = { fromMs: state.beganMs, toMs: nowMs };
  return {
    report: { ...times, rows: counts.rows, drift, together: undefined, changes },
    together:
      multivariate &&
      together &&
      multivariateWork(multivariate, together, { ...MULTIVARIATE_DEFAULTS, alpha }),
  };
}

/** The chance of a false alarm that so long a time gives one of the looks at it. */
function alphaOf({ falseAlarmEveryMs }: DriftRules, lastedMs: number): number {
  return Math.min(ALPHA_MAX, Math.max(0, lastedMs) / falseAlarmEveryMs) / LOOKS;
}

function newState(
  { rules, binnings, multivariate }: Pick<DriftWatch, "rules" | "binnings" | "multivariate">,
  begin: Pick<DriftState, "windows" | "beganMs" | "streams">,
): DriftState {
  return {
    ...begin,
    counts: startCounts(rules.reference, binnings),
    together: multivariate && startMultivariate(multivariate, begin.windows + 1),
  };
}
