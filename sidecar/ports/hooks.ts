import type { AnomalyKind } from "../core/plan/retraining.ts";
import type { OnGateFailure } from "../core/rollout/event.ts";

/** What a hook is asked as a gate: whether a rollout may go on to its next step. */
export type GateQuestion = {
  /** The same at every attempt, also after a restart: what has been done for it once need not be done again. */
  readonly id: string;
  readonly gate: string;
  readonly rollout: string;
  readonly primary: string;
  readonly candidate: string;
  /** The step that the gate stands before, from 0; as many as there are steps for the promotion. */
  readonly toStep: number;
  /** That step in a few words: `canary 10%`, `promotion`. */
  readonly to: string;
};

/** What a hook is told when a version in service should be trained again, with the evidence. Times are Unix times. */
export type RetrainingQuestion = {
  /** The same at every attempt, also after a restart: what has been done for it once need not be done again. */
  readonly id: string;
  readonly rollout: string;
  readonly primary: string;
  /** The version in service. */
  readonly candidate: string;
  /** The registered model that it is of; absent when it is of none. */
  readonly model?: string;
  /** What goes on, the oldest first. */
  readonly anomalies: readonly {
    readonly name: string;
    readonly kind: AnomalyKind;
    readonly sinceMs: number;
    readonly reason: string;
  }[];
  /** Features of the reference that have drifted. */
  readonly features: readonly string[];
  /** What requests are held against; absent when nobody looks for drift. */
  readonly reference?: { readonly hash: string; readonly rows: number };
  /** The last window of requests that has ended, and its time; absent before the first one has. */
  readonly window?: { readonly fromMs: number; readonly toMs: number; readonly rows: number };
};

/** What it says: the rollout may go on, it may not, or not yet. The reason is one sentence, made fit to be shown. */
export type HookAnswer =
  | { readonly outcome: "pass" | "fail"; readonly reason: string }
  | {
      readonly outcome: "later";
      readonly reason: string;
      /** How long it wants to be left alone; undefined when it does not say. */
      readonly retryAfterMs: number | undefined;
    };

/** One that a sidecar's owner has listed to be asked. */
export interface Hook {
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** Without an answer for so long nobody is asked any more. */
  readonly giveUpMs: number;
  /** What becomes of a rollout when it says no, and when it says nothing in time. */
  readonly onFailure: OnGateFailure;
  readonly onSilence: OnGateFailure;
  /** Asks once. Rejects only with OutgoingError, also when the signal aborts. */
  ask(question: GateQuestion | RetrainingQuestion, signal: AbortSignal): Promise<HookAnswer>;
}

/** Hooks by name. */
export type Hooks = ReadonlyMap<string, Hook>;
