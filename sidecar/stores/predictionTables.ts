import type { DatabaseSync } from "node:sqlite";
import { assert } from "../core/assert.ts";
import type { MaturedCase } from "../core/performance/maturity.ts";
import {
  type Label,
  type Prediction,
  RECORDS_MAX,
  ROLLOUTS_MAX,
} from "../core/performance/prediction.ts";
import type {
  Expired,
  ExpiryLimits,
  MaturedQuery,
  PredictionCounts,
  RecordedLabels,
  RecordedPredictions,
} from "../ports/predictions.ts";
import {
  type PredictionBounds,
  REFUSED_ROLLOUT,
  type Refusal,
  refusedLabel,
} from "./predictionBounds.ts";
import { encodePrediction, saysTheSame } from "./predictionCodec.ts";
import { caseOf, inOrder, integer, labelIn } from "./predictionRows.ts";
import { type PredictionStatements, prepareStatements } from "./predictionStatements.ts";
import {
  type LabelOutcome,
  type PredictionOutcome,
  recordEachLabel,
  recordEachPrediction,
} from "./recorded.ts";

/** Where a crash can be asked for in a test; called in this order in every operation that writes. */
export type WritePoint = "begun" | "written" | "committed";

type Rollout = { readonly no: number; takenMs: number };

const NEVER_MS = Number.MAX_SAFE_INTEGER;

/**
 * The operations of a prediction store on a database of `openPredictions`, each one transaction. They throw what SQLite throws;
 * whether the transaction was made is not known then, and this object is to be given up with its database.
 */
export class PredictionTables {
  readonly #database: DatabaseSync;
  readonly #bounds: PredictionBounds;
  readonly #reached: (point: WritePoint) => void;
  readonly #sql: PredictionStatements;
  readonly #rollouts = new Map<string, Rollout>();
  readonly #totals: { cases: number; labels: number };

  constructor(
    database: DatabaseSync,
    bounds: PredictionBounds,
    reached: (point: WritePoint) => void = () => {},
  ) {
    this.#database = database;
    this.#bounds = bounds;
    this.#reached = reached;
    this.#sql = prepareStatements(database);
    const row = this.#sql.totals.get() ?? {};
    this.#totals = { cases: integer(row, "cases"), labels: integer(row, "labels") };
  }

  recordPredictions(predictions: readonly Prediction[]): RecordedPredictions {
    assert(predictions.length <= RECORDS_MAX, "too many predictions in one call");
    return this.#write(() => {
      const recorded = recordEachPrediction(predictions, (each) => this.#recordPrediction(each));
      return { ...recorded, lost: this.#makeRoom() };
    });
  }

  recordLabels(labels: readonly Label[], nowMs: number): RecordedLabels {
    assert(labels.length <= RECORDS_MAX, "too many labels in one call");
    return this.#write(() => recordEachLabel(labels, (each) => this.#recordLabel(each, nowMs)));
  }

  takeMatured({ rollout, beforeMs, max }: MaturedQuery): readonly MaturedCase[] {
    // What was handed out must stay handed out, also after a power failure.
    this.#database.exec("PRAGMA synchronous = FULL");
    const rows = this.#write(() => {
      const known = this.#rollout(rollout);
      if (known === undefined) {
        return [];
      }
      const taken = inOrder(this.#sql.takeCases.all(known.no, beforeMs, max));
      const last = taken.at(-1);
      if (last !== undefined) {
        known.takenMs = Math.max(known.takenMs, integer(last, "at_ms"));
        this.#sql.setTaken.run(known.takenMs, known.no);
      }
      return taken;
    });
    this.#database.exec("PRAGMA synchronous = NORMAL");
    return rows.map(caseOf);
  }

  expire({ casesBeforeMs, labelsBeforeMs, max }: ExpiryLimits): Expired {
    return this.#write(() => {
      const { cases, lost } = this.#dropCases(casesBeforeMs, max);
      const unmatched = Number(this.#sql.dropLabels.run(labelsBeforeMs, max).changes);
      this.#totals.labels -= unmatched;
      return { cases, lost, unmatched, more: Math.max(cases, unmatched) === max };
    });
  }

  counts(): PredictionCounts {
    const { cases, labels } = this.#totals;
    const pages = integer(this.#sql.pageCount.get() ?? {}, "page_count");
    const bytes = pages * integer(this.#sql.pageSize.get() ?? {}, "page_size");
    return { cases, labelsWaiting: labels, bytes };
  }

  #write<T>(work: () => T): T {
    this.#database.exec("BEGIN IMMEDIATE");
    this.#reached("begun");
    const { cases, labels } = this.#totals;
    const result = work();
    if (cases !== this.#totals.cases || labels !== this.#totals.labels) {
      this.#sql.setTotals.run(this.#totals.cases, this.#totals.labels);
    }
    this.#reached("written");
    this.#database.exec("COMMIT");
    this.#reached("committed");
    return result;
  }

  #recordPrediction(prediction: Prediction): PredictionOutcome | Refusal {
    const rollout = this.#rollout(prediction.rollout) ?? this.#addRollout(prediction.rollout);
    if (rollout === undefined) {
      return REFUSED_ROLLOUT;
    }
    const text = encodePrediction(prediction);
    return prediction.atMs > rollout.takenMs && this.#addCase(rollout, prediction, text)
      ? "stored"
      : this.#addToCase(rollout, prediction, text);
  }

  /** False when the rollout has a case of that id. */
  #addCase({ no }: Rollout, { id, atMs, variant }: Prediction, text: string): boolean {
    const [primary, candidate] = variant === "primary" ? [text, null] : [null, text];
    const added = this.#sql.addCase.run(no, id, atMs, primary, candidate);
    if (added.changes === 0) {
      return false;
    }
    this.#totals.cases += 1;
    const waiting = this.#totals.labels === 0 ? undefined : this.#sql.takeLabel.get(id, no);
    if (waiting !== undefined) {
      this.#totals.labels -= 1;
      this.#sql.setLabel.run(labelIn(waiting) ?? null, added.lastInsertRowid);
    }
    return true;
  }

  #addToCase(rollout: Rollout, prediction: Prediction, text: string): PredictionOutcome {
    const found = this.#sql.findCase.get(prediction.id, rollout.no);
    const earlier = found?.[`by_${prediction.variant}`];
    if (typeof earlier === "string") {
      return saysTheSame(earlier, text) ? "repeated" : "conflicting";
    }
    if (found === undefined || found.counted === 1) {
      return "late";
    }
    const set = prediction.variant === "primary" ? this.#sql.setPrimary : this.#sql.setCandidate;
    set.run(text, integer(found, "no"));
    return "stored";
  }

  #recordLabel(given: Label, nowMs: number): LabelOutcome | Refusal {
    const rollout = this.#rollout(given.rollout) ?? this.#addRollout(given.rollout);
    if (rollout === undefined) {
      return REFUSED_ROLLOUT;
    }
    const found = this.#sql.findCase.get(given.id, rollout.no);
    if (found === undefined) {
      return this.#keepLabel(rollout, given, nowMs);
    }
    const earlier = labelIn(found);
    if (earlier !== undefined) {
      return earlier === given.label ? "repeated" : "conflicting";
    }
    if (found.counted === 1) {
      return "late";
    }
    this.#sql.setLabel.run(given.label, integer(found, "no"));
    return "joined";
  }

  #keepLabel({ no }: Rollout, { id, label }: Label, nowMs: number): LabelOutcome | Refusal {
    const waiting = this.#sql.findLabel.get(id, no);
    if (waiting !== undefined) {
      return labelIn(waiting) === label ? "repeated" : "conflicting";
    }
    if (this.#totals.labels >= this.#bounds.labelsMax) {
      return refusedLabel(this.#bounds);
    }
    this.#sql.addLabel.run(id, no, label, nowMs);
    this.#totals.labels += 1;
    return "waiting";
  }

  /** How many cases, never handed out, went so that the others fit. */
  #makeRoom(): number {
    const surplus = this.#totals.cases - this.#bounds.casesMax;
    return surplus <= 0 ? 0 : this.#dropCases(NEVER_MS, surplus).lost;
  }

  #dropCases(beforeMs: number, max: number): Pick<Expired, "cases" | "lost"> {
    const dropped = this.#sql.dropCases.all(beforeMs, max);
    this.#totals.cases -= dropped.length;
    return { cases: dropped.length, lost: dropped.filter((row) => row.counted === 0).length };
  }

  #rollout(name: string): Rollout | undefined {
    const known = this.#rollouts.get(name);
    const row = known === undefined ? this.#sql.findRollout.get(name) : undefined;
    if (row === undefined) {
      return known;
    }
    const found = { no: integer(row, "no"), takenMs: integer(row, "taken_ms") };
    this.#rollouts.set(name, found);
    return found;
  }

  #addRollout(name: string): Rollout | undefined {
    if (integer(this.#sql.countRollouts.get() ?? {}, "count") >= ROLLOUTS_MAX) {
      return undefined;
    }
    this.#sql.addRollout.run(name);
    return this.#rollout(name);
  }
}
