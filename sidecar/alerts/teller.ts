import type { Condition } from "../core/alerts/condition.ts";
import type { Journal } from "../ports/journal.ts";
import { type RolloutView, StoreError } from "../ports.ts";
import { repeat } from "../repeat.ts";
import { Conditions } from "./conditions.ts";
import { Courier, type CourierParts, type Target } from "./courier.ts";
import type { DeadLetter } from "./deadLetters.ts";

/** What the teller looks at. */
export type TellerParts = CourierParts & {
  readonly journal: Journal;
  readonly views: () => readonly RolloutView[];
  readonly isStoreTrusted: () => boolean;
  /** What else is wrong with the sidecar as a whole. */
  readonly conditions?: () => readonly Condition[];
};

/** How a target stands. */
export type Standing = {
  readonly target: string;
  readonly waiting: number;
  readonly deadLetters: readonly DeadLetter[];
};

/** How often it looks; and how long it leaves a journal alone that failed. */
const LOOK_MS = 500;
const JOURNAL_RETRY_MS = 5_000;
/** Events that are read at once: each holds all its evidence. */
const READ_MAX = 20;

/**
 * Tells every target what happens. The log of events is the queue: each target has a cursor in it, saved after it was told, so that a restart
 * loses nothing, and repeats what had been told since the cursor was saved last, under the same ids. Looks by itself, and holds up nobody.
 */
export class Teller {
  readonly #parts: TellerParts;
  #couriers: readonly Courier[];
  /** Whom to tell from the next look on, when that has changed. */
  #renewed: readonly Target[] | undefined;
  readonly #conditions: Conditions;
  #saved = new Map<string, number>();
  #journalProblem: string | undefined;
  #journalMs = 0;
  #turning: Promise<void> = Promise.resolve();
  readonly #stopping = new AbortController();

  constructor(targets: readonly Target[], parts: TellerParts) {
    this.#parts = parts;
    this.#couriers = targets.map((target) => new Courier(target, parts));
    this.#conditions = new Conditions(parts.clock);
  }

  /** How each target stands: how many notices wait, and those that were given up last, the oldest first. */
  standing(): readonly Standing[] {
    return this.#couriers.map(({ target, line, dead }) => ({
      target: target.name,
      waiting: line.length,
      deadLetters: dead.all,
    }));
  }

  /** Has what a target was not told, as it was given up, told again; returns how many notices, or undefined without such a target. */
  retry(name: string, by: string): number | undefined {
    const count = this.#couriers.find(({ target }) => target.name === name)?.retry();
    if (count !== undefined) {
      this.#parts.log.info({ target: name, count, by }, "given up before, tried again");
    }
    return count;
  }

  /** Tells these from now on: one of a name that is known goes on where it is, a new one begins now, and one that is left out ends. */
  renew(targets: readonly Target[]): void {
    this.#renewed = targets;
  }

  /**
   * Begins where each target was left; one that is new is told what happens from now on, and the place of one that is gone is forgotten.
   * Rejects with StoreError.
   */
  async open(): Promise<void> {
    const { journal } = this.#parts;
    const cursors = await journal.cursors("alerts");
    const head = await journal.head();
    for (const { line, target } of this.#couriers) {
      line.skipTo(cursors.get(target.name) ?? head);
    }
    this.#saved = new Map(cursors);
    await this.#save();
  }

  /** Looks again and again until stopped, while there is anybody to tell. */
  start(): void {
    this.#turning = repeat(() => this.#turn(), { restMs: LOOK_MS, signal: this.#stopping.signal });
  }

  /** Ends what is under way and saves how far each target is. What waits is told after the next start, if it is in the log. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#turning;
    await Promise.all(this.#couriers.map((courier) => courier.stop()));
    await this.#guardJournal(() => this.#save());
  }

  /** Resolves when no attempt is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#couriers.map((courier) => courier.settled()));
  }

  /** Looks once. Never rejects. */
  async look(): Promise<void> {
    const { clock, conditions = () => [], isStoreTrusted, views } = this.#parts;
    const storeProblem = isStoreTrusted()
      ? this.#journalProblem
      : "the store does not confirm changes: traffic stays, nothing is decided";
    const store: readonly Condition[] =
      storeProblem === undefined ? [] : [{ kind: "store", subject: "", reason: storeProblem }];
    const { changed, going } = this.#conditions.look({
      views: views(),
      conditions: [...store, ...conditions()],
    });
    for (const courier of this.#couriers) {
      for (const notice of changed) {
        courier.offer(notice);
      }
      courier.show(going);
    }
    if (clock.steadyMs() >= this.#journalMs) {
      await this.#guardJournal(async () => {
        await this.#adopt();
        await this.#save();
        await this.#read();
      });
    }
    for (const courier of this.#couriers) {
      courier.poll();
    }
  }

  /** Looks, if there is anybody to tell. */
  async #turn(): Promise<void> {
    if (this.#couriers.length > 0 || this.#renewed !== undefined) {
      await this.look();
    }
  }

  /** Takes over whom to tell, when that has changed. */
  async #adopt(): Promise<void> {
    const renewed = this.#renewed;
    if (renewed === undefined) {
      return;
    }
    const head = await this.#parts.journal.head();
    const before = new Map(this.#couriers.map((courier) => [courier.target.name, courier]));
    this.#couriers = renewed.map((target) => {
      const courier = before.get(target.name) ?? beginning(new Courier(target, this.#parts), head);
      courier.renew(target);
      before.delete(target.name);
      return courier;
    });
    if (this.#renewed === renewed) {
      this.#renewed = undefined;
    }
    for (const [target, courier] of before) {
      await courier.stop();
      this.#parts.metrics.alertsWaiting.remove({ target });
    }
  }

  async #read(): Promise<void> {
    const { journal } = this.#parts;
    const head = await journal.head();
    for (const courier of this.#couriers) {
      const { room, takenTo } = courier.line;
      if (takenTo < head && room > 0) {
        courier.take(await journal.after(takenTo, Math.min(room, READ_MAX)));
      }
    }
  }

  /** Saves the cursors when one has moved. */
  async #save(): Promise<void> {
    const cursors = new Map(
      this.#couriers.map(({ line, target }): [string, number] => [target.name, line.toldTo]),
    );
    const isSaved =
      cursors.size === this.#saved.size &&
      [...cursors].every(([name, sequence]) => this.#saved.get(name) === sequence);
    if (!isSaved) {
      await this.#parts.journal.saveCursors("alerts", cursors);
      this.#saved = cursors;
    }
  }

  async #guardJournal(work: () => Promise<void>): Promise<void> {
    try {
      await work();
      this.#journalProblem = undefined;
    } catch (error) {
      const { clock, log, metrics } = this.#parts;
      const code = error instanceof StoreError ? error.code : "unavailable";
      metrics.storeFailures.inc({ code });
      this.#journalMs = clock.steadyMs() + JOURNAL_RETRY_MS;
      if (this.#journalProblem === undefined) {
        log.error({ code, why: String(error) }, "the log of events can't be told of now");
      }
      this.#journalProblem = `the log of events can't be read: ${code}`;
    }
  }
}

/** The courier, who tells what happens after an event of the log. */
function beginning(courier: Courier, sequence: number): Courier {
  courier.line.skipTo(sequence);
  return courier;
}
