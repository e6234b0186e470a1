import type { PredictionBounds } from "../../sidecar/stores/predictionBounds.ts";
import { openPredictions } from "../../sidecar/stores/predictionStatements.ts";

/** When the first prediction of a filled file began; each later one began a millisecond after the one before. */
export const FIRST_MS = 1_700_000_000_000;

/**
 * Makes a prediction store with so many predictions of one rollout, named "bench", and gives the ids of some of them, taken evenly from all.
 * Ids are random, as request ids are. Written past the store's own operations, with the indexes made at the end, which takes a tenth of
 * the time.
 */
export function fillPredictions(
  path: string,
  bounds: PredictionBounds,
  { count, picked }: { readonly count: number; readonly picked: number },
): readonly string[] {
  const database = openPredictions(path, bounds);
  const indexes = database
    .prepare(
      "SELECT name, sql FROM sqlite_schema WHERE tbl_name = 'cases' AND sql LIKE 'CREATE%INDEX%'",
    )
    .all();
  const make = indexes.map(({ sql }) => String(sql));
  const drop = indexes.map(({ name }) => `DROP INDEX ${name}`);
  database.exec(`PRAGMA synchronous = OFF; ${drop.join("; ")};
    INSERT INTO rollouts (no, name) VALUES (1, 'bench');
    WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count})
    INSERT INTO cases (rollout, id, at_ms, by_candidate)
    SELECT 1, lower(hex(randomblob(16))), ${FIRST_MS} + i, '[' || (${FIRST_MS} + i) || ',"v2","yes",0.123456,null]' FROM n;
    UPDATE totals SET cases = ${count}; ${make.join("; ")}; PRAGMA wal_checkpoint(TRUNCATE)`);
  const step = Math.floor(count / picked);
  const ids = database
    .prepare("SELECT id FROM cases WHERE no % ? = 0 ORDER BY id LIMIT ?")
    .all(step, picked);
  database.close();
  return ids.map(({ id }) => String(id));
}
