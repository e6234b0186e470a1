import type { DatabaseSync } from "node:sqlite";
import type { RolloutEvent } from "../core/rollout/event.ts";
import type { WatchState } from "../core/watch/watch.ts";
import {
  type Change,
  type EvidenceSnapshot,
  type HistoryEntry,
  type HistoryPage,
  StoreError,
} from "../ports.ts";
import { all, integer, type Row, run, text } from "../sqlite/rows.ts";
import { checksumOf, type Head, type LoggedEvent, pageOf } from "./eventLog.ts";

/** Replaces what is stored of the watch, if the change has one. */
export function writeWatch(database: DatabaseSync, { rollout, watch }: Change): void {
  if (watch !== undefined) {
    const body = JSON.stringify(watch);
    const checksum = checksumOf(rollout, body);
    run(database, "INSERT OR REPLACE INTO watches VALUES (?, ?, ?)", [rollout, body, checksum]);
  }
}

/** What each rollout's watch knew. */
export function watchesIn(database: DatabaseSync): ReadonlyMap<string, WatchState> {
  return new Map(
    all(database, "SELECT * FROM watches NOT INDEXED").map((row): [string, WatchState] => {
      const rollout = text(row, "rollout");
      const body = text(row, "body");
      if (text(row, "checksum") !== checksumOf(rollout, body)) {
        throw new StoreError("broken", `the watch of ${rollout} does not match its checksum`);
      }
      return [rollout, JSON.parse(body)];
    }),
  );
}

/** The end of the log. Throws StoreError "broken" when that is not recorded. */
export function headOf(database: DatabaseSync): Head {
  const [row] = all(database, "SELECT sequence, checksum FROM head");
  if (row === undefined) {
    throw new StoreError("broken", "the end of the event log is not recorded");
  }
  return { sequence: integer(row, "sequence"), checksum: text(row, "checksum") };
}

/** A name's events in their order. */
export function eventsOf(database: DatabaseSync, rollout: string): readonly RolloutEvent[] {
  const bodies = "SELECT body FROM events WHERE rollout = ? ORDER BY sequence";
  return all(database, bodies, rollout).map((row): RolloutEvent => JSON.parse(text(row, "body")));
}

/** A page of them, the newest first. */
export function historyOf(
  database: DatabaseSync,
  rollout: string,
  { before, max }: HistoryPage,
): readonly HistoryEntry[] {
  const counted = "SELECT count(*) AS count FROM events WHERE rollout = ?";
  const count = all(database, counted, rollout).reduce((_, row) => integer(row, "count"), 0);
  const last = Math.min(before - 1, count);
  const rows = database
    .prepare("SELECT body FROM events WHERE rollout = ? ORDER BY sequence DESC LIMIT ? OFFSET ?")
    .iterate(rollout, max, count - last);
  return pageOf(bodiesOf(rows), last);
}

function* bodiesOf(rows: Iterable<Row>): Generator<string> {
  for (const row of rows) {
    yield text(row, "body");
  }
}

/** The whole log, in its order. */
export function* records(database: DatabaseSync): Generator<LoggedEvent> {
  const statement = database.prepare(
    "SELECT sequence, rollout, body, checksum FROM events ORDER BY sequence",
  );
  for (const row of statement.iterate()) {
    yield {
      sequence: integer(row, "sequence"),
      rollout: text(row, "rollout"),
      body: text(row, "body"),
      checksum: text(row, "checksum"),
    };
  }
}

/** Every snapshot, by rollout. */
export function evidenceIn(
  database: DatabaseSync,
): ReadonlyMap<string, readonly EvidenceSnapshot[]> {
  const byRollout = new Map<string, EvidenceSnapshot[]>();
  for (const row of all(database, "SELECT * FROM evidence NOT INDEXED")) {
    const rollout = text(row, "rollout");
    const source = text(row, "source");
    const epoch = integer(row, "epoch");
    const body = text(row, "body");
    if (text(row, "checksum") !== checksumOf(rollout, source, epoch, body)) {
      throw new StoreError("broken", `the evidence of ${rollout} does not match its checksum`);
    }
    const snapshots = byRollout.get(rollout) ?? [];
    byRollout.set(rollout, snapshots);
    snapshots.push({ source, epoch, evidence: JSON.parse(body) });
  }
  return byRollout;
}

/** The state of every rollout, by its name. */
export function statesIn(database: DatabaseSync): ReadonlyMap<string, string> {
  const rows = all(database, "SELECT name, state FROM rollouts NOT INDEXED");
  return new Map(rows.map((row) => [text(row, "name"), text(row, "state")]));
}
