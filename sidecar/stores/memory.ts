import type { RolloutEvent } from "../core/rollout/event.ts";
import type { Journal, JournalEntry, JournalReader } from "../ports/journal.ts";
import type { Change, HistoryEntry, HistoryPage, Store, StoredRollout } from "../ports.ts";
import { StoreError } from "../ports.ts";
import { appendTo, EMPTY_HEAD, entryOf, type LoggedEvent, pageOf, replayLog } from "./eventLog.ts";

/** Keeps rollouts for as long as the process lives: for trying out, and for tests. */
export function createMemoryStore(): Store & Journal {
  return new MemoryStore();
}

class MemoryStore implements Store, Journal {
  /** Undefined once closed. */
  #log: LoggedEvent[] | undefined = [];
  /** Evidence by rollout, then by source and epoch, as JSON, so that nobody can change what is stored. */
  readonly #evidence = new Map<string, Map<string, string>>();
  readonly #watches = new Map<string, string>();
  readonly #cursors = new Map<JournalReader, ReadonlyMap<string, number>>();

  async load(): Promise<ReadonlyMap<string, StoredRollout>> {
    const log = this.#openLog();
    const rollouts = new Map<string, StoredRollout>();
    for (const [name, { state, started }] of replayLog(log, log.at(-1) ?? EMPTY_HEAD)) {
      const evidence = [...(this.#evidence.get(name)?.values() ?? [])].map((body) =>
        JSON.parse(body),
      );
      const watch = this.#watches.get(name);
      const watched = watch === undefined ? {} : { watch: JSON.parse(watch) };
      rollouts.set(name, { plan: started.plan, state, evidence, ...watched });
    }
    return rollouts;
  }

  async save(change: Change): Promise<void> {
    const log = this.#openLog();
    const { rollout, events, evidence } = change;
    for (const event of events) {
      log.push(appendTo(log.at(-1) ?? EMPTY_HEAD, rollout, event));
    }
    const isNew = events.some((event) => event.kind === "started");
    const kept = isNew ? undefined : this.#evidence.get(rollout);
    const snapshots = kept ?? new Map<string, string>();
    snapshots.set(`${evidence.epoch} ${evidence.source}`, JSON.stringify(evidence));
    this.#evidence.set(rollout, snapshots);
    if (isNew) {
      this.#watches.delete(rollout);
    }
    if (change.watch !== undefined) {
      this.#watches.set(rollout, JSON.stringify(change.watch));
    }
  }

  async history(rollout: string, { before, max }: HistoryPage): Promise<readonly HistoryEntry[]> {
    const bodies = this.#openLog()
      .filter((record) => record.rollout === rollout)
      .map(({ body }) => body);
    const last = Math.min(before - 1, bodies.length);
    return pageOf(bodies.slice(Math.max(0, last - max), last).reverse(), last);
  }

  async events(rollout: string): Promise<readonly RolloutEvent[]> {
    return this.#openLog()
      .filter((record) => record.rollout === rollout)
      .map((record): RolloutEvent => JSON.parse(record.body));
  }

  async head(): Promise<number> {
    return this.#openLog().length;
  }

  async after(sequence: number, max: number): Promise<readonly JournalEntry[]> {
    return this.#openLog()
      .slice(sequence, sequence + max)
      .map(entryOf);
  }

  async cursors(reader: JournalReader): Promise<ReadonlyMap<string, number>> {
    this.#openLog();
    return this.#cursors.get(reader) ?? new Map();
  }

  async saveCursors(reader: JournalReader, cursors: ReadonlyMap<string, number>): Promise<void> {
    this.#openLog();
    this.#cursors.set(reader, new Map(cursors));
  }

  async close(): Promise<void> {
    this.#log = undefined;
  }

  #openLog(): LoggedEvent[] {
    if (this.#log === undefined) {
      throw new StoreError("unavailable", "the store is closed");
    }
    return this.#log;
  }
}
