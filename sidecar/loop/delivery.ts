import { backoffMs } from "../core/backoff.ts";
import { sameTarget, type Target } from "../core/target.ts";
import { sameTraffic, type Traffic } from "../core/traffic.ts";
import type { Metrics } from "../metrics.ts";
import { type Actuator, ActuatorError, type Clock, type Log, type Reading } from "../ports.ts";

/** How often traffic in force is looked at again, and how soon after it was applied. */
const RECHECK_MS = 1_000;
const RETRY_MS = { minMs: 100, maxMs: 5_000 };
/** An actuator that takes longer is given up for this attempt. */
const ATTEMPT_MS = 5_000;

/** What a delivery needs of its surroundings. */
export type DeliveryParts = {
  readonly actuator: Actuator;
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** What is to be served, and for whom. */
export type Wanted = { readonly target: Target; readonly traffic: Traffic };

type Attempt = {
  readonly abort: AbortController;
  readonly startedMs: number;
  done: Promise<void>;
  /** What it has read, if it has come so far. */
  reading: Reading | undefined;
};

/**
 * Makes the proxies serve one rollout's traffic, and keeps it so: what is in force is read again and again, and applied where
 * it differs. At most one attempt counts at a time; a new wish ends the one under way, whose late effects the generation undoes.
 */
export class Delivery {
  readonly #rollout: string;
  readonly #parts: DeliveryParts;
  #wanted: Wanted | undefined;
  /** What was last read; undefined while unknown. */
  #reading: Reading | undefined;
  #problem: string | undefined;
  #attempt: Attempt | undefined;
  /** Whether what is wanted has not been handed to the actuator yet. */
  #fresh = false;
  /** Attempts since what is wanted was last seen in force. */
  #attempts = 0;
  #isFailing = false;
  #nextMs = 0;

  constructor(rollout: string, parts: DeliveryParts) {
    this.#rollout = rollout;
    this.#parts = parts;
  }

  /** What was in force when last read; undefined while unknown. */
  get inForce(): Traffic | undefined {
    return this.#reading?.inForce;
  }

  /** Greatest generation that a proxy had when last read; 0 while unknown. */
  get generation(): number {
    return this.#reading?.generation ?? 0;
  }

  /** Why what is wanted is not in force, when that is known. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Sets what the proxies are to serve, and starts at once when that is new. */
  want(wanted: Wanted): void {
    if (this.#wanted === undefined || !sameWanted(this.#wanted, wanted)) {
      this.#wanted = wanted;
      this.#problem = undefined;
      this.#fresh = true;
      this.#attempts = 0;
      this.#nextMs = 0;
      this.#giveUp();
    }
    this.poll();
  }

  /** Reads again soon: somebody has news of what is in force. */
  recheck(): void {
    this.#nextMs = 0;
  }

  /** Starts an attempt when one is due. */
  poll(): void {
    const nowMs = this.#parts.clock.steadyMs();
    if (this.#attempt !== undefined && nowMs - this.#attempt.startedMs >= ATTEMPT_MS) {
      this.#giveUp();
      const error = new ActuatorError("unreachable", `no answer in ${ATTEMPT_MS} ms`);
      this.#failed(error, undefined);
    }
    if (this.#wanted === undefined || this.#attempt !== undefined || nowMs < this.#nextMs) {
      return;
    }
    const attempt: Attempt = {
      abort: new AbortController(),
      startedMs: nowMs,
      done: Promise.resolve(),
      reading: undefined,
    };
    this.#attempt = attempt;
    attempt.done = this.#run(attempt, this.#wanted);
  }

  /** Ends the attempt under way; nothing is applied any more. */
  stop(): void {
    this.#wanted = undefined;
    this.#giveUp();
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await this.#attempt?.done;
  }

  async #run(attempt: Attempt, wanted: Wanted): Promise<void> {
    try {
      if (this.#fresh) {
        await this.#apply(attempt, wanted);
        return;
      }
      const reading = await this.#parts.actuator.read(wanted.target, attempt.abort.signal);
      attempt.reading = reading;
      if (this.#attempt === attempt) {
        await this.#compare(attempt, { wanted, reading });
      }
    } catch (error) {
      if (this.#attempt === attempt) {
        this.#failed(error, attempt.reading);
      }
    } finally {
      if (this.#attempt === attempt) {
        this.#attempt = undefined;
      }
    }
  }

  async #compare(
    attempt: Attempt,
    found: { readonly wanted: Wanted; readonly reading: Reading },
  ): Promise<void> {
    const { wanted, reading } = found;
    const { clock, log, metrics } = this.#parts;
    const { generation } = wanted.traffic;
    const wasAhead = this.generation > generation;
    this.#reading = reading;
    if (reading.inForce !== undefined && sameTraffic(reading.inForce, wanted.traffic)) {
      this.#problem = undefined;
      this.#attempts = 0;
      this.#isFailing = false;
      this.#nextMs = clock.steadyMs() + RECHECK_MS;
      return;
    }
    if (reading.generation > generation && !wasAhead) {
      const found = reading.generation;
      metrics.generationsAhead.inc();
      log.warn({ rollout: this.#rollout, generation, found }, "proxies have a newer generation");
    }
    if (reading.problem !== undefined && reading.problem !== this.#problem) {
      log.warn({ rollout: this.#rollout, why: reading.problem }, "traffic not in force");
    }
    this.#problem = reading.problem;
    await this.#apply(attempt, wanted);
  }

  async #apply(attempt: Attempt, { target, traffic }: Wanted): Promise<void> {
    await this.#parts.actuator.apply(target, traffic, attempt.abort.signal);
    if (this.#attempt !== attempt) {
      return;
    }
    this.#parts.metrics.applies.inc();
    this.#isFailing = false;
    if (this.#fresh) {
      this.#fresh = false;
      this.#parts.log.info({ rollout: this.#rollout, ...traffic }, "traffic applied");
    }
    this.#retryLater();
  }

  /** What was read stays known where only what came after it has failed. */
  #failed(error: unknown, reading: Reading | undefined): void {
    const code = error instanceof ActuatorError ? error.code : "unreachable";
    this.#parts.metrics.actuatorFailures.inc({ code });
    const why = error instanceof Error ? error.message : String(error);
    if (!this.#isFailing) {
      this.#isFailing = true;
      this.#parts.log.warn({ rollout: this.#rollout, code, why }, "traffic not applied");
    }
    this.#reading = reading;
    this.#problem = `${code}: ${why}`;
    this.#retryLater();
  }

  #retryLater(): void {
    const { clock, random } = this.#parts;
    this.#nextMs = clock.steadyMs() + backoffMs(this.#attempts, RETRY_MS, random);
    this.#attempts += 1;
  }

  #giveUp(): void {
    this.#attempt?.abort.abort();
    this.#attempt = undefined;
  }
}

function sameWanted(a: Wanted, b: Wanted): boolean {
  return sameTarget(a.target, b.target) && sameTraffic(a.traffic, b.traffic);
}
