import { backoffMs } from "../core/backoff.ts";
import { type MaturedCase, maturedBeforeMs, maturityAgeMs } from "../core/performance/maturity.ts";
import {
  type InputProblem,
  type Label,
  PROBLEMS_MAX,
  type Prediction,
  RECORDS_MAX,
} from "../core/performance/prediction.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { RolloutState } from "../core/rollout/state.ts";
import type { Metrics } from "../metrics.ts";
import type { Labels, PredictionStore, RecordedLabels } from "../ports/predictions.ts";
import { type Clock, type Log, RequestError, StoreError } from "../ports.ts";

/** Predictions that wait to be stored; more are dropped, and counted. */
const WAITING_MAX = RECORDS_MAX;
/** Cases taken in one turn, of one rollout. */
const TAKEN_MAX = 1_000;
/** What is given up in one turn, so that no turn is long. */
const EXPIRED_MAX = 500;
const EXPIRE_MS = 1_000;
const RETRY_MS = { minMs: 200, maxMs: 10_000 };
/** How long a case and a label without one are kept beyond their horizon. */
const KEPT_MS = 24 * 3_600_000;

/** What the keeper needs of its surroundings. */
export type PredictionKeeperParts = {
  readonly predictions: PredictionStore;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** A rollout that labels may come for. */
export type Labelled = {
  readonly plan: Plan;
  readonly state: RolloutState;
  countLabels(cases: readonly MaturedCase[], nowMs: number): void;
};

/**
 * Keeps predictions until they count. When the store fails, predictions wait, up to a bound, and nothing is handed out until it answers again:
 * that costs evidence, never validity.
 */
export class PredictionKeeper implements Labels {
  readonly #parts: PredictionKeeperParts;
  readonly #planOf: (rollout: string) => Plan | undefined;
  #waiting: Prediction[] = [];
  #turning: Promise<void> | undefined;
  #attempts = 0;
  #nextMs = 0;
  #nextExpiryMs = 0;

  constructor(parts: PredictionKeeperParts, planOf: (rollout: string) => Plan | undefined) {
    this.#parts = parts;
    this.#planOf = planOf;
  }

  /** Notes what was predicted, to be stored with the next turn. */
  note(predictions: readonly Prediction[]): void {
    const room = WAITING_MAX - this.#waiting.length;
    this.#waiting.push(...predictions.slice(0, room));
    if (predictions.length > room) {
      this.#parts.metrics.predictions.inc({ outcome: "dropped" }, predictions.length - room);
    }
  }

  /**
   * Stores what was noted, hands each of the rollouts its predictions that have come of age, once, and gives up what is too old. Nothing
   * while the store fails, or while an earlier turn still waits for it. Never rejects.
   */
  async turn(rollouts: readonly Labelled[]): Promise<void> {
    if (this.#turning === undefined && !this.#isResting) {
      this.#turning = this.#turn(rollouts);
      await this.#turning;
      this.#turning = undefined;
    }
  }

  /** Resolves when no turn is under way. */
  async settled(): Promise<void> {
    await this.#turning;
  }

  async record(labels: readonly Label[]): Promise<RecordedLabels> {
    const places: number[] = [];
    const problems: InputProblem[] = [];
    for (const [index, { rollout }] of labels.entries()) {
      if (this.#planOf(rollout)?.labels === undefined) {
        problems.push({
          index,
          problem: `rollout: ${rollout}: the name of a rollout whose plan has labels`,
        });
      } else {
        places.push(index);
      }
    }
    const recorded = await this.#record(places.flatMap((index) => labels[index] ?? []));
    const others = recorded.problems.map(({ index, problem }) => ({
      index: places[index] ?? index,
      problem,
    }));
    const all = [...problems, ...others].toSorted((a, b) => a.index - b.index);
    const refused = recorded.refused + problems.length;
    this.#parts.metrics.labels.inc({ outcome: "refused" }, problems.length);
    return { ...recorded, refused, problems: all.slice(0, PROBLEMS_MAX) };
  }

  async #turn(rollouts: readonly Labelled[]): Promise<void> {
    try {
      await this.#store();
      const labelled = rollouts.filter(({ plan }) => plan.labels !== undefined);
      for (const rollout of labelled) {
        rollout.countLabels(await this.#matured(rollout), this.#parts.clock.wallMs());
      }
      await this.#expire(labelled);
      this.#attempts = 0;
    } catch (error) {
      this.#failed(error);
    }
  }

  async #record(labels: readonly Label[]): Promise<RecordedLabels> {
    const { clock, metrics, predictions } = this.#parts;
    try {
      // What was predicted before is stored first, so that labels find it.
      await this.#store();
      const recorded = await predictions.recordLabels(labels, clock.wallMs());
      const { problems: _, ...counts } = recorded;
      for (const [outcome, count] of Object.entries(counts)) {
        metrics.labels.inc({ outcome }, count);
      }
      return recorded;
    } catch (error) {
      this.#failed(error);
      const why =
        error instanceof StoreError && error.code === "full" ? "is full" : "does not answer";
      throw new RequestError(
        "unavailable",
        `the prediction store ${why}: send these labels again, which does no harm`,
        { cause: error },
      );
    }
  }

  get #isResting(): boolean {
    return this.#parts.clock.steadyMs() < this.#nextMs;
  }

  async #store(): Promise<void> {
    const { metrics, predictions } = this.#parts;
    const noted = this.#waiting;
    if (noted.length === 0) {
      return;
    }
    this.#waiting = [];
    const { problems: _, ...counts } = await predictions.recordPredictions(noted).catch((error) => {
      // What may have been recorded all the same is recorded again, which changes nothing.
      const since = this.#waiting;
      this.#waiting = noted;
      this.note(since);
      throw error;
    });
    for (const [outcome, count] of Object.entries(counts)) {
      metrics.predictions.inc({ outcome }, count);
    }
  }

  /** Those from before the rollout's start are of another one of its name. */
  async #matured({ plan, state }: Labelled): Promise<readonly MaturedCase[]> {
    const { clock, predictions } = this.#parts;
    const beforeMs = maturedBeforeMs(clock.wallMs(), maturityAgeMs(plan));
    const cases = await predictions.takeMatured({ rollout: plan.name, beforeMs, max: TAKEN_MAX });
    return cases.filter(({ atMs }) => atMs >= state.startedAtMs);
  }

  async #expire(rollouts: readonly Labelled[]): Promise<void> {
    const { clock, metrics, predictions } = this.#parts;
    const steadyMs = clock.steadyMs();
    if (steadyMs < this.#nextExpiryMs) {
      return;
    }
    const horizonMs = rollouts.reduce(
      (longest, { plan }) => Math.max(longest, maturityAgeMs(plan)),
      0,
    );
    const beforeMs = clock.wallMs() - horizonMs - KEPT_MS;
    const limits = { casesBeforeMs: beforeMs, labelsBeforeMs: beforeMs, max: EXPIRED_MAX };
    const { lost, unmatched, more } = await predictions.expire(limits);
    this.#nextExpiryMs = more ? steadyMs : steadyMs + EXPIRE_MS;
    metrics.predictions.inc({ outcome: "lost" }, lost);
    metrics.labels.inc({ outcome: "unmatched" }, unmatched);
    const { cases, labelsWaiting } = await predictions.counts();
    metrics.predictionsStored.set(cases);
    metrics.labelsWaiting.set(labelsWaiting);
  }

  #failed(error: unknown): void {
    const { clock, log, metrics, random } = this.#parts;
    const code = error instanceof StoreError ? error.code : "unavailable";
    metrics.storeFailures.inc({ code });
    if (this.#attempts === 0) {
      const why = error instanceof Error ? error.message : String(error);
      log.error({ code, why }, "prediction store failed: labels count again once it answers");
    }
    this.#nextMs = clock.steadyMs() + backoffMs(this.#attempts, RETRY_MS, random);
    this.#attempts += 1;
  }
}
