import type { Observation } from "../core/observation.ts";
import type { Batch } from "../ports.ts";
import type { IntakeQueue } from "./intakeQueue.ts";

/** What became of an observation. `failed`: only a mistake in the program explains it; `mistake` was told. */
export type Outcome = (typeof OUTCOMES)[number];

const OUTCOMES = ["single", "pair", "ended", "no-rollout", "failed"] as const;

/** What counting needs of its surroundings. */
export type BatchCounterParts = {
  readonly queue: Pick<IntakeQueue, "take">;
  /** Counts an observation of a rollout; undefined when there is no such rollout. */
  readonly observe: (observation: Observation) => Exclude<Outcome, "no-rollout"> | undefined;
  readonly mistake: (error: unknown) => void;
  readonly steadyMs: () => number;
  /** Told how many observations of a batch became what, before the batch is reported counted. */
  readonly became: (outcome: Outcome, count: number) => void;
};

type Counting = { readonly batch: Batch; next: number; readonly outcomes: Record<Outcome, number> };

/** Observations that are counted between two looks at the clock: well under a millisecond of work, unless answers are large. */
const SLICE = 16;

/**
 * Hands each observation of the waiting batches to its rollout, in their order, in slices: a large batch holds up nothing else for long.
 * A batch is reported counted once, after its last observation. One observation that fails does not keep the others.
 */
export class BatchCounter {
  readonly #parts: BatchCounterParts;
  #counting: Counting | undefined;

  constructor(parts: BatchCounterParts) {
    this.#parts = parts;
  }

  /** Counts for about `budgetMs`, and at least one slice; true when some may be left. */
  drain(budgetMs: number): boolean {
    const { steadyMs } = this.#parts;
    const untilMs = steadyMs() + budgetMs;
    for (let counting = this.#next(); counting !== undefined; counting = this.#next()) {
      this.#count(counting);
      if (steadyMs() >= untilMs) {
        return true;
      }
    }
    return false;
  }

  /** The batch that is being counted, or the oldest that waits. */
  #next(): Counting | undefined {
    if (this.#counting === undefined) {
      const batch = this.#parts.queue.take();
      const outcomes = { single: 0, pair: 0, ended: 0, "no-rollout": 0, failed: 0 };
      this.#counting = batch && { batch, next: 0, outcomes };
    }
    return this.#counting;
  }

  #count(counting: Counting): void {
    const { batch, outcomes } = counting;
    const slice = batch.observations.slice(counting.next, counting.next + SLICE);
    for (const observation of slice) {
      outcomes[this.#outcomeOf(observation)] += 1;
    }
    counting.next += SLICE;
    if (counting.next >= batch.observations.length) {
      this.#counting = undefined;
      this.#report(outcomes);
      batch.counted();
    }
  }

  #outcomeOf(observation: Observation): Outcome {
    try {
      return this.#parts.observe(observation) ?? "no-rollout";
    } catch (error) {
      this.#parts.mistake(error);
      return "failed";
    }
  }

  #report(outcomes: Readonly<Record<Outcome, number>>): void {
    for (const outcome of OUTCOMES) {
      if (outcomes[outcome] > 0) {
        this.#parts.became(outcome, outcomes[outcome]);
      }
    }
  }
}
