import type { MaturedCase } from "../core/performance/maturity.ts";
import type { InputProblem, Label, Prediction } from "../core/performance/prediction.ts";

/** What became of the predictions that were recorded together: each of them is one of these, but for `lost` and `problems`. */
export type RecordedPredictions = {
  readonly stored: number;
  /** Stored before, equal: nothing was done. */
  readonly repeated: number;
  /** Another prediction of the same variant for the same id is stored; the first one stays. */
  readonly conflicting: number;
  /** Their case was handed out, or is as old as one that was. */
  readonly late: number;
  readonly refused: number;
  /** Cases, never handed out, that had to go to make room: the oldest. */
  readonly lost: number;
  /** What was wrong, the first of them; those that are not refused were stored without what is bad. */
  readonly problems: readonly InputProblem[];
};

/** What became of the labels that were recorded together: each of them is one of these. */
export type RecordedLabels = {
  /** Joined with a prediction. */
  readonly joined: number;
  /** No prediction has their id yet; they are kept until there is one, or they expire. */
  readonly waiting: number;
  readonly repeated: number;
  /** Another label for the same id is stored; the first one stays, so that sending again never changes what was true. */
  readonly conflicting: number;
  /** Their case was handed out before. */
  readonly late: number;
  readonly refused: number;
  readonly problems: readonly InputProblem[];
};

/** What was given up because of its age. */
export type Expired = {
  readonly cases: number;
  /** Of these, those that were never handed out. */
  readonly lost: number;
  /** Labels for which no prediction came. */
  readonly unmatched: number;
  /** Whether there may be more to expire. */
  readonly more: boolean;
};

/** How much a prediction store holds. */
export type PredictionCounts = {
  readonly cases: number;
  readonly labelsWaiting: number;
  /** On the disk; undefined for a store that has none. */
  readonly bytes: number | undefined;
};

/**
 * Keeps predictions until their labels came and they are mature. A case is a request of a rollout, by its id, with the prediction of each
 * variant that was asked. A rollout goes by the name of its plan; who takes cases leaves out those from before its start.
 * Every method rejects only with StoreError, and has then done nothing, or, when it could not be confirmed, all.
 */
export interface PredictionStore {
  /** At most `RECORDS_MAX` of `core/performance/prediction.ts` in one call. Repeating a call changes nothing. */
  recordPredictions(predictions: readonly Prediction[]): Promise<RecordedPredictions>;
  /** Likewise. `nowMs` is when labels for unknown ids begin to wait, Unix time. */
  recordLabels(labels: readonly Label[], nowMs: number): Promise<RecordedLabels>;
  /**
   * Hands out cases that began before a time, the oldest first, and marks them in the same transaction, which is on the disk before this
   * returns: each case is handed out at most once, whatever crashes. A crash right after it loses what was handed out.
   */
  takeMatured(wanted: MaturedQuery): Promise<readonly MaturedCase[]>;
  /** Gives up what is older than said, the oldest first, and never more than `max` of each kind. */
  expire(limits: ExpiryLimits): Promise<Expired>;
  counts(): Promise<PredictionCounts>;
  close(): Promise<void>;
}

/** Where labels go. */
export interface Labels {
  /** What became of each label; one for a rollout without labels in its plan is refused. Rejects only with RequestError. */
  record(labels: readonly Label[]): Promise<RecordedLabels>;
}

/** Which cases are wanted: at most `max` of those of the rollout that began before a time, Unix time. */
export type MaturedQuery = {
  readonly rollout: string;
  readonly beforeMs: number;
  readonly max: number;
};

/** Cases that began, and waiting labels that came, before these times, Unix time, are given up. */
export type ExpiryLimits = {
  readonly casesBeforeMs: number;
  readonly labelsBeforeMs: number;
  readonly max: number;
};
