import { assert } from "../core/assert.ts";
import type { Variant } from "../core/observation.ts";
import type { MaturedCase } from "../core/performance/maturity.ts";
import {
  type Label,
  type LabelValue,
  type Prediction,
  RECORDS_MAX,
  ROLLOUTS_MAX,
} from "../core/performance/prediction.ts";
import type {
  Expired,
  ExpiryLimits,
  MaturedQuery,
  PredictionCounts,
  PredictionStore,
  RecordedLabels,
  RecordedPredictions,
} from "../ports/predictions.ts";
import { StoreError } from "../ports.ts";
import {
  type PredictionBounds,
  REFUSED_ROLLOUT,
  type Refusal,
  refusedLabel,
} from "./predictionBounds.ts";
import { decodePrediction, encodePrediction, saysTheSame } from "./predictionCodec.ts";
import {
  type LabelOutcome,
  type PredictionOutcome,
  recordEachLabel,
  recordEachPrediction,
} from "./recorded.ts";

type Case = {
  readonly atMs: number;
  label: LabelValue | undefined;
  isCounted: boolean;
  /** As texts, so that nobody can change what is stored. */
  readonly said: Partial<Record<Variant, string>>;
};

type Waiting = { readonly label: LabelValue; readonly sinceMs: number };

/** One rollout: its cases and the labels that wait for one by id, in the order in which they came. */
type Kept = {
  readonly cases: Map<string, Case>;
  readonly labels: Map<string, Waiting>;
  /** When the latest case that was handed out began. */
  takenMs: number;
};

/** Keeps predictions for as long as the process lives: for trying out, and for tests. */
export function createMemoryPredictions(bounds: PredictionBounds): PredictionStore {
  return new MemoryPredictions(bounds);
}

class MemoryPredictions implements PredictionStore {
  readonly #bounds: PredictionBounds;
  /** Undefined once closed. */
  #rollouts: Map<string, Kept> | undefined = new Map();

  constructor(bounds: PredictionBounds) {
    this.#bounds = bounds;
  }

  async recordPredictions(predictions: readonly Prediction[]): Promise<RecordedPredictions> {
    assert(predictions.length <= RECORDS_MAX, "too many predictions in one call");
    const rollouts = this.#open();
    const recorded = recordEachPrediction(predictions, (prediction) => {
      const kept = keptFor(rollouts, prediction.rollout);
      return kept === undefined ? REFUSED_ROLLOUT : recordPrediction(kept, prediction);
    });
    return { ...recorded, lost: this.#makeRoom(rollouts) };
  }

  async recordLabels(labels: readonly Label[], nowMs: number): Promise<RecordedLabels> {
    assert(labels.length <= RECORDS_MAX, "too many labels in one call");
    const rollouts = this.#open();
    return recordEachLabel(labels, (label) => {
      const kept = keptFor(rollouts, label.rollout);
      if (kept === undefined) {
        return REFUSED_ROLLOUT;
      }
      const found = kept.cases.get(label.id);
      return found === undefined ? this.#wait(kept, label, nowMs) : joined(found, label.label);
    });
  }

  async takeMatured({ rollout, beforeMs, max }: MaturedQuery): Promise<readonly MaturedCase[]> {
    const kept = this.#open().get(rollout);
    const due = [...(kept?.cases ?? [])]
      .filter(([, { isCounted, atMs }]) => !isCounted && atMs < beforeMs)
      .sort(([, a], [, b]) => a.atMs - b.atMs)
      .slice(0, max);
    for (const [, taken] of due) {
      taken.isCounted = true;
    }
    if (kept !== undefined) {
      kept.takenMs = Math.max(kept.takenMs, due.at(-1)?.[1].atMs ?? kept.takenMs);
    }
    return due.map(([id, { atMs, label, said }]) => ({
      id,
      atMs,
      label,
      predictions: Object.fromEntries(
        Object.entries(said).map(([variant, text]) => [variant, decodePrediction(text)]),
      ),
    }));
  }

  async expire({ casesBeforeMs, labelsBeforeMs, max }: ExpiryLimits): Promise<Expired> {
    const rollouts = this.#open();
    const cases = oldest(rollouts, max).filter(({ each }) => each.atMs < casesBeforeMs);
    for (const { kept, id } of cases) {
      kept.cases.delete(id);
    }
    const labels = [...rollouts.values()]
      .flatMap((kept) => [...kept.labels].map(([id, { sinceMs }]) => ({ kept, id, sinceMs })))
      .filter(({ sinceMs }) => sinceMs < labelsBeforeMs)
      .sort((a, b) => a.sinceMs - b.sinceMs)
      .slice(0, max);
    for (const { kept, id } of labels) {
      kept.labels.delete(id);
    }
    return {
      cases: cases.length,
      lost: cases.filter(({ each }) => !each.isCounted).length,
      unmatched: labels.length,
      more: Math.max(cases.length, labels.length) === max,
    };
  }

  async counts(): Promise<PredictionCounts> {
    const rollouts = this.#open();
    return {
      cases: totalOf(rollouts, "cases"),
      labelsWaiting: totalOf(rollouts, "labels"),
      bytes: undefined,
    };
  }

  async close(): Promise<void> {
    this.#rollouts = undefined;
  }

  #makeRoom(rollouts: Map<string, Kept>): number {
    const surplus = totalOf(rollouts, "cases") - this.#bounds.casesMax;
    if (surplus <= 0) {
      return 0;
    }
    const gone = oldest(rollouts, surplus);
    for (const { kept, id } of gone) {
      kept.cases.delete(id);
    }
    return gone.filter(({ each }) => !each.isCounted).length;
  }

  #wait({ labels }: Kept, { id, label }: Label, nowMs: number): LabelOutcome | Refusal {
    const earlier = labels.get(id);
    if (earlier !== undefined) {
      return earlier.label === label ? "repeated" : "conflicting";
    }
    if (totalOf(this.#open(), "labels") >= this.#bounds.labelsMax) {
      return refusedLabel(this.#bounds);
    }
    labels.set(id, { label, sinceMs: nowMs });
    return "waiting";
  }

  #open(): Map<string, Kept> {
    if (this.#rollouts === undefined) {
      throw new StoreError("unavailable", "the prediction store is closed");
    }
    return this.#rollouts;
  }
}

function keptFor(rollouts: Map<string, Kept>, name: string): Kept | undefined {
  const found = rollouts.get(name);
  if (found !== undefined || rollouts.size >= ROLLOUTS_MAX) {
    return found;
  }
  const made: Kept = { cases: new Map(), labels: new Map(), takenMs: -1 };
  rollouts.set(name, made);
  return made;
}

function recordPrediction(kept: Kept, prediction: Prediction): PredictionOutcome {
  const { id, variant, atMs } = prediction;
  const text = encodePrediction(prediction);
  const found = kept.cases.get(id);
  if (found === undefined) {
    return atMs <= kept.takenMs ? "late" : addCase(kept, { id, atMs, said: { [variant]: text } });
  }
  const earlier = found.said[variant];
  if (earlier !== undefined) {
    return saysTheSame(earlier, text) ? "repeated" : "conflicting";
  }
  if (found.isCounted) {
    return "late";
  }
  found.said[variant] = text;
  return "stored";
}

function addCase(
  kept: Kept,
  { id, atMs, said }: Pick<Case, "atMs" | "said"> & { readonly id: string },
): PredictionOutcome {
  kept.cases.set(id, { atMs, label: kept.labels.get(id)?.label, isCounted: false, said });
  kept.labels.delete(id);
  return "stored";
}

function joined(found: Case, label: LabelValue): LabelOutcome {
  if (found.label !== undefined) {
    return found.label === label ? "repeated" : "conflicting";
  }
  if (found.isCounted) {
    return "late";
  }
  found.label = label;
  return "joined";
}

/** The oldest cases of all rollouts. */
function oldest(
  rollouts: Map<string, Kept>,
  max: number,
): readonly { readonly kept: Kept; readonly id: string; readonly each: Case }[] {
  return [...rollouts.values()]
    .flatMap((kept) => [...kept.cases].map(([id, each]) => ({ kept, id, each })))
    .sort((a, b) => a.each.atMs - b.each.atMs)
    .slice(0, max);
}

function totalOf(rollouts: Map<string, Kept>, of: "cases" | "labels"): number {
  return [...rollouts.values()].reduce((total, kept) => total + kept[of].size, 0);
}
