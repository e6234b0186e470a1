import { resolvedOf } from "../core/alerts/lasting.ts";
import {
  alertKey,
  isAtLeast,
  type Notice,
  noticeOf,
  type Severity,
} from "../core/alerts/notice.ts";
import { backoffMs } from "../core/backoff.ts";
import type { Metrics } from "../metrics.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { JournalEntry } from "../ports/journal.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import type { Clock, Log } from "../ports.ts";
import { DeadLetters } from "./deadLetters.ts";
import { WAITING_MAX, type Waiting, WaitingLine } from "./waitingLine.ts";

/** One that is told, and how it is. */
export type Target = {
  readonly name: string;
  readonly channel: AlertChannel;
  readonly minSeverity: Severity;
  /** An attempt that takes longer has failed. */
  readonly timeoutMs: number;
  /** What has waited so long when an attempt fails is given up. */
  readonly giveUpMs: number;
};

/** What telling needs of its surroundings. */
export type CourierParts = {
  readonly clock: Clock;
  readonly random: () => number;
  readonly log: Log;
  readonly metrics: Metrics;
};

const RETRY_MS = { minMs: 1_000, maxMs: 300_000 };

/**
 * Tells one target, in order, one attempt at a time, until each notice is taken or given up; and repeats what goes on to a target that wants
 * that. `poll` starts what is due; nothing here is waited for.
 */
export class Courier {
  readonly line: WaitingLine = new WaitingLine();
  readonly dead: DeadLetters;
  readonly #parts: CourierParts;
  readonly #stopping = new AbortController();
  #target: Target;
  #attempt: Promise<void> | undefined;
  #failures = 0;
  #nextMs = 0;
  #going: ReadonlyMap<string, Notice> = new Map();
  /** What the target knows to go on, and when it is to be told again. */
  #repeated: ReadonlyMap<string, Notice> = new Map();
  #repeatMs = 0;

  constructor(target: Target, parts: CourierParts) {
    this.#target = target;
    this.#parts = parts;
    this.dead = new DeadLetters(target.name, parts);
    parts.metrics.alertsSent.inc({ target: target.name }, 0);
    parts.metrics.alertsWaiting.set({ target: target.name }, 0);
  }

  get target(): Target {
    return this.#target;
  }

  /** Goes on with other settings of the same target, at once. */
  renew(target: Target): void {
    this.#target = target;
    this.#nextMs = 0;
  }

  /** Puts what was given up in line again, at its end, as far as there is room, and tries at once; returns how many. */
  retry(): number {
    const sinceMs = this.#parts.clock.steadyMs();
    const again = this.dead.take(WAITING_MAX - this.line.length);
    for (const notice of again) {
      this.line.add({ notice, sequence: undefined, sinceMs });
    }
    this.#nextMs = 0;
    return again.length;
  }

  /** Takes events of the log, in their order; at most as many as the line has room for. */
  take(entries: readonly JournalEntry[]): void {
    for (const entry of entries) {
      this.#add(noticeOf(entry), entry.sequence);
      this.line.skipTo(entry.sequence);
    }
  }

  /** Takes a notice that is in no log. */
  offer(notice: Notice): void {
    if (!this.#add(notice, undefined)) {
      this.dead.add([notice], "overflow");
    }
  }

  /** Says all that goes on now. */
  show(going: readonly Notice[]): void {
    const { minSeverity } = this.target;
    this.#going = new Map(
      going
        .filter(({ severity }) => isAtLeast(severity, minSeverity))
        .map((notice) => [alertKey(notice), notice]),
    );
  }

  /** Starts an attempt when one is due. */
  poll(): void {
    this.#parts.metrics.alertsWaiting.set({ target: this.target.name }, this.line.length);
    const isDue = this.#parts.clock.steadyMs() >= this.#nextMs;
    if (this.#attempt === undefined && isDue && !this.#stopping.signal.aborted) {
      this.#attempt = this.#run().finally(() => {
        this.#attempt = undefined;
      });
    }
  }

  /** Ends the attempt under way and begins no other. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#attempt;
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await this.#attempt;
  }

  #add(notice: Notice, sequence: number | undefined): boolean {
    if (!isAtLeast(notice.severity, this.target.minSeverity)) {
      return true;
    }
    return this.line.add({ notice, sequence, sinceMs: this.#parts.clock.steadyMs() });
  }

  /** Tells what waits, then what is to be repeated, until there is nothing or an attempt fails. */
  async #run(): Promise<void> {
    let isGoing = true;
    while (isGoing && this.line.length > 0) {
      const group = this.line.first(this.target.channel.groupMax);
      isGoing = await this.#tell(group);
    }
    if (isGoing) {
      await this.#repeat();
    }
  }

  async #tell(group: readonly Waiting[]): Promise<boolean> {
    const notices = group.map(({ notice }) => notice);
    const error = await this.#send(notices);
    if (this.#stopping.signal.aborted && error !== undefined) {
      return false;
    }
    if (error === undefined || error.code === "refused") {
      this.line.remove(group);
    }
    if (error === undefined) {
      this.#told(notices);
      return true;
    }
    this.#failed(error);
    if (error.code === "refused") {
      this.dead.add(notices, "refused");
      return true;
    }
    this.#expire();
    return false;
  }

  async #repeat(): Promise<void> {
    const { channel } = this.target;
    const { clock } = this.#parts;
    const ended = [...this.#repeated].filter(([key]) => !this.#going.has(key));
    const isChanged = ended.length > 0 || this.#going.size !== this.#repeated.size;
    const isDue = clock.steadyMs() >= this.#repeatMs && this.#going.size > 0;
    if (channel.repeatMs === undefined || !(isChanged || isDue)) {
      return;
    }
    const going = this.#going;
    const nowMs = Math.round(clock.wallMs());
    const notices = [...going.values(), ...ended.map(([, notice]) => resolvedOf(notice, nowMs))];
    for (let first = 0; first < notices.length; first += channel.groupMax) {
      const error = await this.#send(notices.slice(first, first + channel.groupMax));
      if (error !== undefined) {
        this.#failed(error);
        return;
      }
    }
    this.#failures = 0;
    this.#repeated = going;
    this.#repeatMs = clock.steadyMs() + channel.repeatMs;
  }

  async #send(notices: readonly Notice[]): Promise<OutgoingError | undefined> {
    const { channel, timeoutMs } = this.target;
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(timeoutMs)]);
    try {
      await channel.send(notices, signal);
      return undefined;
    } catch (error) {
      if (error instanceof OutgoingError) {
        return error;
      }
      this.#parts.metrics.faults.inc({ where: "alerts" });
      return new OutgoingError("refused", "a mistake in the program");
    }
  }

  #told(notices: readonly Notice[]): void {
    const { log, metrics } = this.#parts;
    const { name: target } = this.target;
    this.#failures = 0;
    metrics.alertsSent.inc({ target }, notices.length);
    for (const { id, kind, rollout, status } of notices) {
      log.info({ target, id, rollout, kind, status }, "told");
    }
  }

  #failed({ code, message: why, retryAfterMs = 0 }: OutgoingError): void {
    const { clock, log, metrics, random } = this.#parts;
    const { name: target, giveUpMs } = this.target;
    const waitMs = Math.max(
      Math.min(retryAfterMs, giveUpMs),
      backoffMs(this.#failures, RETRY_MS, random),
    );
    this.#failures += 1;
    this.#nextMs = code === "refused" ? 0 : clock.steadyMs() + waitMs;
    metrics.alertAttemptsFailed.inc({ target, code });
    const waiting = this.line.length;
    log.warn({ target, code, why, attempts: this.#failures, waiting }, "not told");
  }

  #expire(): void {
    const expired = this.line.before(this.#parts.clock.steadyMs() - this.target.giveUpMs);
    this.line.remove(expired);
    this.dead.add(
      expired.map(({ notice }) => notice),
      "expired",
    );
  }
}
