import type { DatabaseSync } from "node:sqlite";
import { isDeepStrictEqual } from "node:util";
import type { RolloutEvent } from "../core/rollout/event.ts";
import type { WatchState } from "../core/watch/watch.ts";
import type { Journal, JournalEntry, JournalReader } from "../ports/journal.ts";
import {
  type Change,
  type EvidenceSnapshot,
  type HistoryEntry,
  type HistoryPage,
  type Store,
  type StoredRollout,
  StoreError,
} from "../ports.ts";
import { closeQuietly, openDatabase, storeErrorOf } from "../sqlite/databaseFile.ts";
import { run } from "../sqlite/rows.ts";
import { appendTo, checksumOf, type Replayed, replayLog } from "./eventLog.ts";
import { cursorsIn, entriesAfter, writeCursors } from "./journal.ts";
import { ROLLOUT_SHAPE } from "./rolloutShape.ts";
import {
  eventsOf,
  evidenceIn,
  headOf,
  historyOf,
  records,
  statesIn,
  watchesIn,
  writeWatch,
} from "./rolloutTables.ts";

/** Where a crash can be asked for in a test; called in this order during a save. */
export type SavePoint =
  | "begun"
  | "event-written"
  | "state-written"
  | "evidence-written"
  | "committed";

/**
 * Keeps rollouts in one SQLite file, which it holds alone until closed. What `save` confirmed survives a crash and a power
 * failure. Throws StoreError when the file can't be had.
 *
 * A commit that reports failure may have been made all the same, so after any failed write the database is closed, and the
 * next use opens it again and reads what is really there.
 */
export function openSqliteStore(
  path: string,
  reached: (point: SavePoint) => void = () => {},
): Store & Journal {
  return new SqliteStore(path, reached);
}

class SqliteStore implements Store, Journal {
  readonly #path: string;
  readonly #reached: (point: SavePoint) => void;
  /** Undefined after a failure, until it is opened again. */
  #database: DatabaseSync | "closed" | undefined;

  constructor(path: string, reached: (point: SavePoint) => void) {
    this.#path = path;
    this.#reached = reached;
    this.#database = openDatabase(path, ROLLOUT_SHAPE);
  }

  async load(): Promise<ReadonlyMap<string, StoredRollout>> {
    return this.#use((database) => {
      const found = {
        states: statesIn(database),
        evidence: evidenceIn(database),
        watches: watchesIn(database),
      };
      const rollouts = new Map<string, StoredRollout>();
      for (const [name, replayed] of replayLog(records(database), headOf(database))) {
        rollouts.set(name, checked(name, replayed, found));
      }
      const names = [...found.states.keys(), ...found.evidence.keys()];
      const stray = names.find((name) => !rollouts.has(name));
      if (stray !== undefined) {
        throw new StoreError("broken", `${stray} has a state or evidence but no events`);
      }
      return rollouts;
    });
  }

  async save(change: Change): Promise<void> {
    this.#use((database) => {
      database.exec("BEGIN IMMEDIATE");
      this.#reached("begun");
      this.#write(database, change);
      database.exec("COMMIT");
      this.#reached("committed");
    });
  }

  async events(rollout: string): Promise<readonly RolloutEvent[]> {
    return this.#use((database) => eventsOf(database, rollout));
  }

  async history(rollout: string, page: HistoryPage): Promise<readonly HistoryEntry[]> {
    return this.#use((database) => historyOf(database, rollout, page));
  }

  async head(): Promise<number> {
    return this.#use((database) => headOf(database).sequence);
  }

  async after(sequence: number, max: number): Promise<readonly JournalEntry[]> {
    return this.#use((database) => entriesAfter(database, sequence, max));
  }

  async cursors(reader: JournalReader): Promise<ReadonlyMap<string, number>> {
    return this.#use((database) => cursorsIn(database, reader));
  }

  async saveCursors(reader: JournalReader, cursors: ReadonlyMap<string, number>): Promise<void> {
    this.#use((database) => writeCursors(database, reader, cursors));
  }

  async close(): Promise<void> {
    if (this.#database !== "closed") {
      closeQuietly(this.#database);
    }
    this.#database = "closed";
  }

  #write(database: DatabaseSync, change: Change): void {
    const { rollout } = change;
    let head = headOf(database);
    for (const event of change.events) {
      const record = appendTo(head, rollout, event);
      run(database, "INSERT INTO events VALUES (?, ?, ?, ?)", [
        record.sequence,
        rollout,
        record.body,
        record.checksum,
      ]);
      if (event.kind === "started") {
        run(database, "DELETE FROM evidence WHERE rollout = ?", [rollout]);
        run(database, "DELETE FROM watches WHERE rollout = ?", [rollout]);
      }
      head = record;
    }
    run(database, "UPDATE head SET sequence = ?, checksum = ?", [head.sequence, head.checksum]);
    this.#reached("event-written");
    run(database, "INSERT OR REPLACE INTO rollouts VALUES (?, ?)", [
      rollout,
      JSON.stringify(change.state),
    ]);
    this.#reached("state-written");
    const { source, epoch, evidence } = change.evidence;
    const body = JSON.stringify(evidence);
    const checksum = checksumOf(rollout, source, epoch, body);
    run(database, "INSERT OR REPLACE INTO evidence VALUES (?, ?, ?, ?, ?)", [
      rollout,
      source,
      epoch,
      body,
      checksum,
    ]);
    this.#reached("evidence-written");
    writeWatch(database, change);
  }

  #use<T>(work: (database: DatabaseSync) => T): T {
    if (this.#database === "closed") {
      throw new StoreError("unavailable", `${this.#path} is closed`);
    }
    const database = this.#database ?? openDatabase(this.#path, ROLLOUT_SHAPE);
    this.#database = database;
    try {
      return work(database);
    } catch (error) {
      closeQuietly(database);
      this.#database = undefined;
      throw error instanceof StoreError ? error : storeErrorOf(error, this.#path);
    }
  }
}

/** The rollout that the log leads to, if what is stored beside the log agrees. */
function checked(
  name: string,
  { state, started }: Replayed,
  found: {
    readonly states: ReadonlyMap<string, string>;
    readonly evidence: ReadonlyMap<string, readonly EvidenceSnapshot[]>;
    readonly watches: ReadonlyMap<string, WatchState>;
  },
): StoredRollout {
  if (!isDeepStrictEqual(JSON.parse(found.states.get(name) ?? "null"), state)) {
    throw new StoreError("broken", `the state of ${name} is not the replay of its events`);
  }
  const evidence = found.evidence.get(name);
  if (evidence === undefined) {
    throw new StoreError("broken", `the evidence of ${name} is missing`);
  }
  const watch = found.watches.get(name);
  return { plan: started.plan, state, evidence, ...(watch && { watch }) };
}
