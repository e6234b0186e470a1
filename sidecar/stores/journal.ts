import type { DatabaseSync } from "node:sqlite";
import type { JournalEntry } from "../ports/alerts.ts";
import { entryOf } from "./eventLog.ts";
import { all, integer, run, text } from "./rows.ts";

/** At most `max` events after that number, in their order. */
export function entriesAfter(
  database: DatabaseSync,
  sequence: number,
  max: number,
): readonly JournalEntry[] {
  const rows = database
    .prepare("SELECT * FROM events WHERE sequence > ? ORDER BY sequence LIMIT ?")
    .all(sequence, max);
  return rows.map((row) =>
    entryOf({
      sequence: integer(row, "sequence"),
      rollout: text(row, "rollout"),
      body: text(row, "body"),
      checksum: text(row, "checksum"),
    }),
  );
}

/** How far each target has been told. */
export function cursorsIn(database: DatabaseSync): ReadonlyMap<string, number> {
  return new Map(
    all(database, "SELECT target, sequence FROM cursors").map((row): [string, number] => [
      text(row, "target"),
      integer(row, "sequence"),
    ]),
  );
}

/** Replaces them all, in one transaction. */
export function writeCursors(database: DatabaseSync, cursors: ReadonlyMap<string, number>): void {
  database.exec("BEGIN IMMEDIATE; DELETE FROM cursors");
  for (const cursor of cursors) {
    run(database, "INSERT INTO cursors VALUES (?, ?)", cursor);
  }
  database.exec("COMMIT");
}
