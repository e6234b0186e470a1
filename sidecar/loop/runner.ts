import { type Evidence, emptyEvidence, mergeEvidence } from "../core/evidence/evidence.ts";
import {
  announceTraffic,
  closeWindows,
  type EvidenceBook,
  liveOf,
  observe,
  openBook,
} from "../core/evidence/ingest.ts";
import { labelledBatch } from "../core/evidence/labelledBatch.ts";
import { observeLabels } from "../core/evidence/labels.ts";
import { placesOf } from "../core/evidence/paths.ts";
import type { Trip } from "../core/evidence/recent.ts";
import { judge } from "../core/judge.ts";
import type { Observation } from "../core/observation.ts";
import type { MaturedCase } from "../core/performance/maturity.ts";
import type { Prediction } from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import { isFinal, type RolloutState } from "../core/rollout/state.ts";
import { stepAt } from "../core/rollout/stepAt.ts";
import { servedStep, trafficOf } from "../core/rollout/trafficOf.ts";
import type { Traffic } from "../core/traffic.ts";
import type { Verdict } from "../core/verdict.ts";
import type { EvidenceSnapshot, RolloutView, StoredRollout } from "../ports.ts";
import type { Examiner, MakeExaminer } from "./examiner.ts";
import { Watcher } from "./watcher.ts";

/** Who counts: one sidecar today. */
const SOURCE = "sidecar";

/** What a runner needs of its surroundings. */
export type RunnerParts = {
  readonly wallMs: number;
  readonly makeExaminer: MakeExaminer;
  /** Keeps what was predicted until its label comes. */
  readonly note: (predictions: readonly Prediction[]) => void;
};
/** What is known of the delivery of a rollout's traffic. */
export type Delivered = Pick<RolloutView, "inForce" | "problem">;

/**
 * One rollout in memory. Its state is what the store last confirmed; its evidence grows from observations and is never behind
 * the stored one.
 */
export class Runner {
  readonly plan: Plan;
  readonly watcher: Watcher;
  readonly #examine: Examiner;
  readonly #note: RunnerParts["note"];
  readonly #epoch: number;
  /** Counted by others, or in an earlier life of the counters. */
  readonly #othersEvidence: Evidence;
  readonly #book: EvidenceBook;
  #state: RolloutState;
  #evidence: Evidence;
  #verdict: Verdict;
  #traffic: Traffic;
  #trip: Trip | undefined;
  #hasNewLabels = false;
  #differences: Pick<RolloutView, "differences" | "pairsCompared"> = {
    differences: [],
    pairsCompared: 0,
  };

  constructor(stored: StoredRollout, parts: RunnerParts) {
    const { plan, state, evidence } = stored;
    const own = evidence.find(({ source }) => source === SOURCE);
    this.plan = plan;
    this.#examine = parts.makeExaminer(plan);
    this.#note = parts.note;
    this.watcher = new Watcher(plan, stored.watch, parts.wallMs);
    this.#epoch = own?.epoch ?? state.generation;
    this.#othersEvidence = evidence
      .filter((snapshot) => snapshot !== own)
      .reduce((sum, snapshot) => mergeEvidence(sum, snapshot.evidence), emptyEvidence(plan));
    this.#book = openBook(plan, own?.evidence ?? emptyEvidence(plan), parts.wallMs);
    this.#state = state;
    this.#evidence = mergeEvidence(this.#othersEvidence, this.#book.evidence);
    this.#verdict = this.#judge();
    this.#traffic = trafficOf(plan, state);
    announceTraffic(this.#book, this.#traffic, servedStep(plan, state));
  }

  get state(): RolloutState {
    return this.#state;
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  get verdict(): Verdict {
    return this.#verdict;
  }

  get traffic(): Traffic {
    return this.#traffic;
  }

  /** What of the evidence was counted here, to be stored. */
  get snapshot(): EvidenceSnapshot {
    return { source: SOURCE, epoch: this.#epoch, evidence: this.#book.evidence };
  }

  /** Whether what is stored is the same rollout, not another one under its name. */
  continues(stored: StoredRollout): boolean {
    return stored.evidence.some(({ source, epoch }) => source === SOURCE && epoch === this.#epoch);
  }

  /** Takes over a state that the store has confirmed: what was saved last, or what was before when it turns out that that was not saved. */
  adopt(state: RolloutState): void {
    if (state.revision > this.#state.revision) {
      this.watcher.confirmed();
    }
    this.#state = state;
    this.#verdict = this.#judge();
    this.#traffic = trafficOf(this.plan, state);
    announceTraffic(this.#book, this.#traffic, servedStep(this.plan, state));
  }

  /** Counts one observation, and says as what. The evidence of an ended rollout stays as it was; what a promoted one predicts is kept, until it is deleted. */
  observe(observation: Observation): "single" | "pair" | "ended" {
    const { deletedAtMs, phase } = this.#state;
    if (
      deletedAtMs !== undefined ||
      phase === "rolled-back" ||
      (phase === "promoted" && observation.request === undefined)
    ) {
      return "ended";
    }
    const { comparison, predictions, row } = this.#examine(observation);
    if (predictions.length > 0) {
      this.#note(predictions);
      this.watcher.predicted(predictions);
    }
    if (row !== undefined) {
      this.watcher.see(row);
    }
    if (phase === "promoted") {
      return "ended";
    }
    observe(this.#book, observation, comparison);
    return comparison === undefined ? "single" : "pair";
  }

  /** Counts predictions that came of age; for those of an ended rollout, only its watch does. */
  countLabels(cases: readonly MaturedCase[], nowMs: number): void {
    const { labels } = this.plan;
    if (this.#state.deletedAtMs !== undefined) {
      return;
    }
    this.watcher.count(cases, this.#state, nowMs);
    if (labels !== undefined && cases.length > 0 && !isFinal(this.#state)) {
      observeLabels(this.#book, labelledBatch(cases, labels));
      this.#hasNewLabels = true;
    }
  }

  /** Closes windows whose time has come, and judges again when that brought evidence, or when the breaker has tripped. */
  look(wallMs: number): void {
    this.watcher.look(this.#state, wallMs);
    if (isFinal(this.#state)) {
      return;
    }
    const hasGrown = closeWindows(this.#book, wallMs) || this.#hasNewLabels;
    if (!hasGrown && this.#book.recent.trip === this.#trip) {
      return;
    }
    this.#trip = this.#book.recent.trip;
    this.#hasNewLabels = false;
    this.#evidence = mergeEvidence(this.#othersEvidence, this.#book.evidence);
    this.#verdict = this.#judge();
    const { differences } = this.#book;
    this.#differences = { differences: placesOf(differences), pairsCompared: differences.pairs };
  }

  /** What people see, with what is known of its delivery. */
  view({ inForce, problem }: Delivered): RolloutView {
    return {
      plan: this.plan,
      state: this.#state,
      traffic: this.#traffic,
      inForce,
      problem,
      verdict: this.#verdict,
      evidence: this.#evidence,
      ...this.#differences,
      watched: this.watcher.shown,
      excluded: { ...this.#book.excluded },
    };
  }

  #judge(): Verdict {
    const step = stepAt(this.plan, this.#state.stepIndex);
    return judge(this.plan, step, this.#evidence, liveOf(this.#book));
  }
}
