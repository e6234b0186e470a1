import type { Comparison } from "../core/compare/comparison.ts";
import { type Evidence, emptyEvidence, mergeEvidence } from "../core/evidence/evidence.ts";
import {
  announceTraffic,
  closeWindows,
  type EvidenceBook,
  liveOf,
  observe,
  openBook,
} from "../core/evidence/ingest.ts";
import { placesOf } from "../core/evidence/paths.ts";
import type { Trip } from "../core/evidence/recent.ts";
import { judge } from "../core/judge.ts";
import type { Observation } from "../core/observation.ts";
import type { CompareRules, Plan } from "../core/plan/plan.ts";
import { isFinal, type RolloutState } from "../core/rollout/state.ts";
import { stepAt } from "../core/rollout/stepAt.ts";
import { trafficOf } from "../core/rollout/trafficOf.ts";
import type { Traffic } from "../core/traffic.ts";
import type { Verdict } from "../core/verdict.ts";
import type { EvidenceSnapshot, RolloutView, StoredRollout } from "../ports.ts";

/** Who counts: one sidecar today. */
const SOURCE = "sidecar";

/** Compares the two answers of an observation, by the rules it was made with; undefined when it has one only. */
export type Comparer = (observation: Observation) => Comparison | undefined;
/** What is known of the delivery of a rollout's traffic. */
export type Delivered = Pick<RolloutView, "inForce" | "problem">;
/** Makes a rollout's comparer, once. */
export type MakeComparer = (rules: CompareRules) => Comparer;

/**
 * One rollout in memory. Its state is what the store last confirmed; its evidence grows from observations and is never behind
 * the stored one.
 */
export class Runner {
  readonly plan: Plan;
  readonly #compare: Comparer;
  readonly #epoch: number;
  /** Counted by others, or in an earlier life of the counters. */
  readonly #othersEvidence: Evidence;
  readonly #book: EvidenceBook;
  #state: RolloutState;
  #evidence: Evidence;
  #verdict: Verdict;
  #traffic: Traffic;
  #trip: Trip | undefined;
  #differences: Pick<RolloutView, "differences" | "pairsCompared"> = {
    differences: [],
    pairsCompared: 0,
  };

  constructor(
    stored: StoredRollout,
    parts: { readonly wallMs: number; readonly makeComparer: MakeComparer },
  ) {
    const { plan, state, evidence } = stored;
    const own = evidence.find(({ source }) => source === SOURCE);
    this.plan = plan;
    this.#compare = parts.makeComparer(plan.compare);
    this.#epoch = own?.epoch ?? state.generation;
    this.#othersEvidence = evidence
      .filter((snapshot) => snapshot !== own)
      .reduce((sum, snapshot) => mergeEvidence(sum, snapshot.evidence), emptyEvidence(plan));
    this.#book = openBook(plan, own?.evidence ?? emptyEvidence(plan), parts.wallMs);
    this.#state = state;
    this.#evidence = mergeEvidence(this.#othersEvidence, this.#book.evidence);
    this.#verdict = this.#judge();
    this.#traffic = trafficOf(plan, state);
    announceTraffic(this.#book, this.#traffic);
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

  /** Takes over a state that the store has confirmed. */
  adopt(state: RolloutState): void {
    this.#state = state;
    this.#verdict = this.#judge();
    this.#traffic = trafficOf(this.plan, state);
    announceTraffic(this.#book, this.#traffic);
  }

  /** Counts one observation, and says as what. An ended rollout's evidence stays as it was. */
  observe(observation: Observation): "single" | "pair" | "ended" {
    if (isFinal(this.#state)) {
      return "ended";
    }
    const comparison = this.#compare(observation);
    observe(this.#book, observation, comparison);
    return comparison === undefined ? "single" : "pair";
  }

  /** Closes windows whose time has come, and judges again when that brought evidence, or when the breaker has tripped. */
  look(wallMs: number): void {
    if (isFinal(this.#state)) {
      return;
    }
    const hasGrown = closeWindows(this.#book, wallMs);
    if (!hasGrown && this.#book.recent.trip === this.#trip) {
      return;
    }
    this.#trip = this.#book.recent.trip;
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
      excluded: { ...this.#book.excluded },
    };
  }

  #judge(): Verdict {
    const step = stepAt(this.plan, this.#state.stepIndex);
    return judge(this.plan, step, this.#evidence, liveOf(this.#book));
  }
}
