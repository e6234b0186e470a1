import type { DatabaseSync } from "node:sqlite";
import type { JournalEntry, JournalReader } from "../ports/journal.ts";
import { all, integer, run, text } from "../sqlite/rows.ts";
import { entryOf } from "./eventLog.ts";

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

/** The places of a reader, by their names. */
export function cursorsIn(
  database: DatabaseSync,
  reader: JournalReader,
): ReadonlyMap<string, number> {
  return new Map(
    all(database, "SELECT name, sequence FROM cursors WHERE reader = ?", reader).map(
      (row): [string, number] => [text(row, "name"), integer(row, "sequence")],
    ),
  );
}

/** Replaces all of a reader's, in one transaction. */
export function writeCursors(
  database: DatabaseSync,
  reader: JournalReader,
  cursors: ReadonlyMap<string, number>,
): void {
  database.exec("BEGIN IMMEDIATE");
  run(database, "DELETE FROM cursors WHERE reader = ?", [reader]);
  for (const cursor of cursors) {
    run(database, "INSERT INTO cursors VALUES (?, ?, ?)", [reader, ...cursor]);
  }
  database.exec("COMMIT");
}
