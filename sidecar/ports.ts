import type { Evidence } from "./core/evidence/evidence.ts";
import type { Exclusion } from "./core/evidence/outcome.ts";
import type { DifferingPlace } from "./core/evidence/paths.ts";
import type { Observation } from "./core/observation.ts";
import type { Plan } from "./core/plan/plan.ts";
import type { Command } from "./core/rollout/command.ts";
import type { Asking } from "./core/rollout/dueGate.ts";
import type { RolloutEvent } from "./core/rollout/event.ts";
import type { Unready } from "./core/rollout/hold.ts";
import type { RequestKey } from "./core/rollout/requestKey.ts";
import type { RolloutState } from "./core/rollout/state.ts";
import type { Target } from "./core/target.ts";
import type { Traffic } from "./core/traffic.ts";
import type { Verdict } from "./core/verdict.ts";
import type { Watched, WatchState } from "./core/watch/watch.ts";

/** Time, injected. */
export interface Clock {
  /** Unix time; may jump. */
  wallMs(): number;
  /** Never goes back; says nothing about the date. */
  steadyMs(): number;
}

/** One JSON line per decision or failure; never per request, no bodies, no secrets. */
export interface Log {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Makes proxies serve traffic. Both methods reject only with ActuatorError. */
export interface Actuator {
  /** What is known of the proxies now. */
  read(target: Target, signal: AbortSignal): Promise<Reading>;
  /** Asks for the traffic. Idempotent. Resolving says that it was asked for, `read` whether it is in force. */
  apply(target: Target, traffic: Traffic, signal: AbortSignal): Promise<void>;
}

/** What an actuator knows of the proxies. */
export type Reading = {
  /** What all of them serve; undefined while that is not known, or they differ. */
  readonly inForce: Traffic | undefined;
  /** Greatest generation that any of them is known to have; 0 when none is. */
  readonly generation: number;
  /** Why one of them does not serve what was applied last, one sentence, when it said so. */
  readonly problem: string | undefined;
};

/** Why an actuator could not do it. */
export type ActuatorErrorCode = "denied" | "missing" | "conflict" | "unreachable";

/** An actuator's failure. */
export class ActuatorError extends Error {
  readonly code: ActuatorErrorCode;

  constructor(code: ActuatorErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "ActuatorError";
    this.code = code;
  }
}

/** A filter's stream as an actuator sees it. */
export interface FilterStream {
  /** Which Envoy it is in, for people. */
  readonly name: string;
  /** Names of the rollouts in the filter's configuration. */
  readonly rollouts: readonly string[];
  /** Sends the traffic soon; only the newest of a rollout is sent when the filter reads slowly. */
  push(target: Target, traffic: Traffic): void;
}

/** Where filters' streams are announced. */
export interface FilterHub {
  /** Pushes the traffic wanted for the stream's rollouts at once, and counts the stream as connected until it is closed. */
  connect(stream: FilterStream): FilterConnection;
}

/** One stream's side of the hub. */
export interface FilterConnection {
  /**
   * What the filter says it has in force, undefined when that can't be told; and why it refused what it was sent last, "" when
   * it took it.
   */
  report(rollout: string, inForce: Traffic | undefined, refused: string): void;
  close(): void;
}

/** Cumulative evidence of one counter of observations; sums over sources and epochs are the rollout's evidence. */
export type EvidenceSnapshot = {
  /** Who counted. */
  readonly source: string;
  /** Which life of the counters: rises when they begin at zero again. */
  readonly epoch: number;
  readonly evidence: Evidence;
};

/** A rollout as stored. */
export type StoredRollout = {
  readonly plan: Plan;
  readonly state: RolloutState;
  readonly evidence: readonly EvidenceSnapshot[];
  /** What its watch knew when it was saved last; absent before that. */
  readonly watch?: WatchState;
};

/** What is to be stored together, or not at all. */
export type Change = {
  readonly rollout: string;
  readonly state: RolloutState;
  /** Appended to the log. A `started` event forgets evidence and watch of the rollout before it. */
  readonly events: readonly RolloutEvent[];
  /** Replaces the snapshot of the same source and epoch. */
  readonly evidence: EvidenceSnapshot;
  /** Replaces what is stored of the watch; absent leaves that as it is. */
  readonly watch?: WatchState;
};

/** Keeps rollouts. Every method rejects only with StoreError. */
export interface Store {
  /** Every rollout by name, after checking that each state is the replay of its log. */
  load(): Promise<ReadonlyMap<string, StoredRollout>>;
  /** Returns once the change will survive a crash. After a rejection it is unknown whether it did: `load` tells. */
  save(change: Change): Promise<void>;
  /** A name's log from its first event; empty for a name that is not known. */
  events(rollout: string): Promise<readonly RolloutEvent[]>;
  /** A page of it, the newest event first; it ends early, with at least one event, where they are large. */
  history(rollout: string, page: HistoryPage): Promise<readonly HistoryEntry[]>;
  /** Frees the store for another process. */
  close(): Promise<void>;
}

/**
 * - `locked`: another process has the store.
 * - `broken`: what is stored contradicts itself; the message names the first bad event.
 * - `unsafe`: somebody else could change the file.
 * - `full`: there is no room left, on the disk or within the store's bound; what needs none goes on.
 * - `unavailable`: the last operation was not confirmed, or the store can't be opened now.
 */
export type StoreErrorCode = "locked" | "broken" | "unsafe" | "full" | "unavailable";

/** A store's failure. */
export class StoreError extends Error {
  readonly code: StoreErrorCode;

  constructor(code: StoreErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "StoreError";
    this.code = code;
  }
}

/** A rollout as people see it, at one moment. */
export type RolloutView = {
  readonly plan: Plan;
  readonly state: RolloutState;
  /** What the state asks for. */
  readonly traffic: Traffic;
  /** What is in force; undefined while unknown. */
  readonly inForce: Traffic | undefined;
  /** Why what is asked for is not in force, when that is known. */
  readonly problem: string | undefined;
  /** Which variants say that they are not ready, and why; absent where nobody asks them. */
  readonly unready?: Unready;
  /** How far it has come to ask the gate before the next step; absent when none is asked. */
  readonly asking?: Asking;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  /** The places where answers differ, worst first, among so many pairs that were compared since the process began. */
  readonly differences: readonly DifferingPlace[];
  readonly pairsCompared: number;
  /** What is known of drift and of labels; the anomalies that go on are part of the state. */
  readonly watched: Watched;
  /** Observations and pairs that are no evidence, since the process began, by reason. */
  readonly excluded: Readonly<Record<Exclusion, number>>;
};

/** Rollouts as the API uses them. Changes are queued; every promise rejects only with RequestError. */
export interface Rollouts {
  list(): readonly RolloutView[];
  get(name: string): RolloutView | undefined;
  /** Calls the listener with every new view of the rollout until the returned function is called. */
  watch(name: string, listener: (view: RolloutView) => void): () => void;
  /** Starts the plan's rollout. The same plan again changes nothing. */
  start(plan: Plan, by: string, only?: Conditions): Promise<RolloutView>;
  /** `revision`: refused unless the rollout has it; undefined takes any. */
  command(name: string, command: Command, revision: number | undefined): Promise<RolloutView>;
  /** A page of a name's events, the newest first, also after its rollout was deleted. */
  history(name: string, page: HistoryPage): Promise<readonly HistoryEntry[]>;
}

/** On what a rollout is started, and why. */
export type Conditions = {
  /** The caller's own name of the request: with it, the request is done once, however often it comes. */
  readonly key?: RequestKey | undefined;
  /** Why, in the caller's words; "" says nothing, as nothing does. */
  readonly reason?: string;
  /** Refused unless the rollout has it; undefined takes any. */
  readonly revision?: number | undefined;
};

/** At most so many events, of revisions before that one. */
export type HistoryPage = { readonly before: number; readonly max: number };

/** An event with the revision that it led to. */
export type HistoryEntry = { readonly revision: number; readonly event: RolloutEvent };

/**
 * - `unknown`: no such rollout. - `stale`: it has another revision. - `refused`: its state does not allow it. - `reused`: the caller's key is that
 * of another request. - `busy`: a bound is reached. - `unavailable`: not confirmed by the store, or the sidecar is stopping.
 */
export type RequestErrorCode = "unknown" | "stale" | "refused" | "reused" | "busy" | "unavailable";

/** Why a request about a rollout was not done. */
export class RequestError extends Error {
  readonly code: RequestErrorCode;

  constructor(code: RequestErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "RequestError";
    this.code = code;
  }
}

/** Observations that came together. */
export type Batch = {
  readonly observations: readonly Observation[];
  /** Its size on the wire. */
  readonly bytes: number;
  /** Called once when the batch is counted. */
  readonly counted: () => void;
};

/** Where observations go. */
export interface Intake {
  /** False, and nothing done, when the queue is full. */
  offer(batch: Batch): boolean;
}
