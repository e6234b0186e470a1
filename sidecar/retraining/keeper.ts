import { backoffMs } from "../core/backoff.ts";
import type { Concern } from "../core/retraining/concern.ts";
import { dueTrigger, type Trigger } from "../core/retraining/dueTrigger.ts";
import type { Metrics } from "../metrics.ts";
import type { HookAnswer, Hooks } from "../ports/hooks.ts";
import type { Journal } from "../ports/journal.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import { type Clock, type Log, type RolloutView, StoreError } from "../ports.ts";
import { repeat } from "../repeat.ts";
import { AnomalyLog } from "./anomalyLog.ts";
import { questionOf } from "./question.ts";

/** What the keeper needs of its surroundings. */
export type RetrainingKeeperParts = {
  readonly journal: Journal;
  readonly hooks: Hooks;
  readonly views: () => readonly Pick<RolloutView, "plan" | "watched">[];
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** A trigger that is due, until it was taken, or nobody took it in time. */
type Open = {
  readonly id: string;
  /** Since when, by a clock that never goes back. */
  readonly sinceMs: number;
  attempts: number;
  nextMs: number;
  running: Promise<void> | undefined;
};

/** How often it looks at the log; and how long it leaves a log alone that failed. */
const LOOK_MS = 500;
const JOURNAL_RETRY_MS = 5_000;
const RETRY_MS = { minMs: 1_000, maxMs: 300_000 };
/** A hook that is listed no more may be listed again. */
const UNLISTED = { timeoutMs: 1_000, giveUpMs: 3_600_000 };

/**
 * Tells hooks which promoted versions should be trained again. The log of events is the queue: what goes on and was not taken is told again, under
 * the same id, also after a restart. Of a rollout one is told at a time, and none during the plan's cool-down. Looks by itself, and holds up nobody.
 */
export class RetrainingKeeper {
  readonly #parts: RetrainingKeeperParts;
  readonly #log: AnomalyLog;
  readonly #open = new Map<string, Open>();
  readonly #stopping = new AbortController();
  #turning: Promise<void> = Promise.resolve();
  #journalMs = 0;
  #isJournalAway = false;

  constructor(parts: RetrainingKeeperParts) {
    this.#parts = parts;
    this.#log = new AnomalyLog(parts.journal);
  }

  /** Reads the log. Rejects with StoreError. */
  async open(): Promise<void> {
    await this.#log.open();
  }

  /** Looks again and again until stopped. */
  start(): void {
    this.#turning = repeat(() => this.look(), { restMs: LOOK_MS, signal: this.#stopping.signal });
  }

  /** Ends what is under way, which is told again after the next start, and saves what was taken. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#turning;
    await this.settled();
    await this.#guardJournal(() => this.#log.save());
  }

  /** Resolves when nobody is being told. */
  async settled(): Promise<void> {
    await Promise.all([...this.#open.values()].map(({ running }) => running));
  }

  /** Looks once. Never rejects. */
  async look(): Promise<void> {
    const { clock, metrics } = this.#parts;
    if (clock.steadyMs() < this.#journalMs) {
      return;
    }
    await this.#guardJournal(async () => {
      await this.#log.save();
      await this.#log.read();
      for (const [rollout, concern] of this.#log.concerns) {
        this.#lookAt(rollout, concern);
      }
      for (const [rollout, { running }] of this.#open) {
        if (running === undefined && !this.#log.concerns.has(rollout)) {
          this.#open.delete(rollout);
        }
      }
    });
    metrics.retrainingsOpen.set(this.#open.size);
  }

  /** Has the hook told, if it is time; whoever is being told is left to it, whatever happens meanwhile. */
  #lookAt(rollout: string, concern: Concern): void {
    const { clock } = this.#parts;
    const before = this.#open.get(rollout);
    if (before?.running !== undefined) {
      return;
    }
    const trigger = dueTrigger(concern, this.#log.progress(rollout), clock.wallMs());
    if (trigger === undefined) {
      this.#open.delete(rollout);
      return;
    }
    const sinceMs = clock.steadyMs();
    const fresh: Open = { id: trigger.id, sinceMs, attempts: 0, nextMs: 0, running: undefined };
    const open = before?.id === trigger.id ? before : fresh;
    this.#open.set(rollout, open);
    if (clock.steadyMs() >= open.nextMs && !this.#stopping.signal.aborted) {
      open.running = this.#tell(rollout, concern, { trigger, open }).finally(() => {
        open.running = undefined;
      });
    }
  }

  /** Never rejects. */
  async #tell(
    rollout: string,
    concern: Concern,
    { trigger, open }: { readonly trigger: Trigger; readonly open: Open },
  ): Promise<void> {
    const { clock, hooks, views } = this.#parts;
    const hook = hooks.get(concern.rules.trigger);
    const { giveUpMs, timeoutMs } = hook ?? UNLISTED;
    const view = views().find(({ plan }) => plan.name === rollout);
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]);
    const said = await (
      hook?.ask(questionOf(concern, trigger, view), signal) ?? Promise.reject(unlisted(concern))
    ).catch((error: unknown) => this.#errorOf(error));
    if (this.#stopping.signal.aborted && said instanceof OutgoingError) {
      return;
    }
    open.attempts += 1;
    const nowMs = clock.steadyMs();
    const isOver = isAnswer(said) || nowMs - open.sinceMs >= giveUpMs;
    this.#note({ rollout, trigger, said, attempts: open.attempts, isOver });
    if (isOver) {
      const doneTo = isAnswer(said) && said.outcome === "pass" ? trigger.doneTo : undefined;
      this.#log.told(rollout, { atMs: clock.wallMs(), doneTo });
      this.#open.delete(rollout);
      return;
    }
    const waitMs = backoffMs(open.attempts - 1, RETRY_MS, this.#parts.random);
    open.nextMs = nowMs + Math.max(waitMs, said.retryAfterMs ?? 0);
  }

  #note(of: {
    readonly rollout: string;
    readonly trigger: Trigger;
    readonly said: HookAnswer | OutgoingError;
    readonly attempts: number;
    readonly isOver: boolean;
  }): void {
    const { log, metrics } = this.#parts;
    const { rollout, trigger, said, attempts, isOver } = of;
    const isError = said instanceof OutgoingError;
    const outcome = isError ? said.code : said.outcome;
    metrics.retrainingCalls.inc({ outcome });
    const anomalies = trigger.anomalies.map(({ name }) => name);
    const why = isError ? said.message : said.reason;
    const line = { rollout, id: trigger.id, anomalies, outcome, why, attempts };
    if (outcome === "pass") {
      log.info(line, "retraining asked for");
    } else if (isOver) {
      log.error(line, "retraining not taken: asked for again after the cool-down, if it goes on");
    } else {
      log.warn(line, "retraining not taken yet");
    }
  }

  #errorOf(error: unknown): OutgoingError {
    if (error instanceof OutgoingError) {
      return error;
    }
    this.#parts.metrics.faults.inc({ where: "retraining" });
    return new OutgoingError("failed", "a mistake in the program");
  }

  async #guardJournal(work: () => Promise<void>): Promise<void> {
    const { clock, log, metrics } = this.#parts;
    try {
      await work();
      this.#isJournalAway = false;
    } catch (error) {
      const code = error instanceof StoreError ? error.code : "unavailable";
      metrics.storeFailures.inc({ code });
      this.#journalMs = clock.steadyMs() + JOURNAL_RETRY_MS;
      if (!this.#isJournalAway) {
        log.error({ code, why: String(error) }, "retraining waits: the log of events is away");
      }
      this.#isJournalAway = true;
    }
  }
}

function isAnswer(
  said: HookAnswer | OutgoingError,
): said is HookAnswer & { readonly outcome: "pass" | "fail" } {
  return !(said instanceof OutgoingError) && said.outcome !== "later";
}

function unlisted({ rules }: Concern): OutgoingError {
  return new OutgoingError("misconfigured", `no hook of this sidecar is named ${rules.trigger}`);
}
