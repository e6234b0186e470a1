import type { DatabaseSync, StatementSync } from "node:sqlite";
import { type DatabaseShape, openDatabase } from "../sqlite/databaseFile.ts";
import type { PredictionBounds } from "./predictionBounds.ts";

/**
 * A case is a row, so that a label is joined by one look into one index. `counted` marks what was handed out; it stays until it expires, so
 * that a repeated prediction is known again. `totals` saves counting rows. `taken_ms` is when the latest case that was handed out began.
 */
const TABLES = `
  CREATE TABLE rollouts (no INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, taken_ms INTEGER NOT NULL DEFAULT -1) STRICT;
  CREATE TABLE cases (
    no INTEGER PRIMARY KEY, rollout INTEGER NOT NULL, id TEXT NOT NULL, at_ms INTEGER NOT NULL,
    counted INTEGER NOT NULL DEFAULT 0, label ANY, by_primary TEXT, by_candidate TEXT) STRICT;
  CREATE UNIQUE INDEX cases_by_id ON cases (id, rollout);
  CREATE INDEX cases_by_age ON cases (at_ms);
  CREATE INDEX cases_uncounted ON cases (rollout, at_ms) WHERE counted = 0;
  CREATE TABLE labels (
    id TEXT NOT NULL, rollout INTEGER NOT NULL, label ANY NOT NULL, since_ms INTEGER NOT NULL,
    PRIMARY KEY (id, rollout)) STRICT, WITHOUT ROWID;
  CREATE INDEX labels_by_age ON labels (since_ms);
  CREATE TABLE totals (id INTEGER PRIMARY KEY CHECK (id = 1), cases INTEGER NOT NULL, labels INTEGER NOT NULL) STRICT;
  INSERT INTO totals VALUES (1, 0, 0);
`;

/**
 * Of the store of predictions. Pages are not checked on opening, as that would take minutes; and a power failure may undo the last
 * recordings, but never that a case was handed out (see `takeMatured`).
 */
const PREDICTION_SHAPE: DatabaseShape = {
  version: 1_001,
  tables: TABLES,
  commits: "normal",
  check: "never",
};

/** Memory for pages of the file. */
const CACHE_KIB = 65_536;
/** Pages of the log that are copied into the file at once. Few, as who waits for a label waits for that too. */
const CHECKPOINT_PAGES = 1_000;

/** Opens the database of predictions for this process alone, making it when there is none. Throws StoreError. */
export function openPredictions(path: string, { bytesMax }: PredictionBounds): DatabaseSync {
  const database = openDatabase(path, PREDICTION_SHAPE);
  const pageBytes = Number(database.prepare("PRAGMA page_size").get()?.page_size);
  database.exec(`
    PRAGMA cache_size = -${CACHE_KIB};
    PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES};
    PRAGMA max_page_count = ${Math.floor(bytesMax / pageBytes)}`);
  return database;
}

const STATEMENTS = {
  findRollout: "SELECT no, taken_ms FROM rollouts WHERE name = ?",
  countRollouts: "SELECT count(*) AS count FROM rollouts",
  addRollout: "INSERT INTO rollouts (name) VALUES (?)",
  setTaken: "UPDATE rollouts SET taken_ms = max(taken_ms, ?) WHERE no = ?",
  addCase:
    "INSERT INTO cases (rollout, id, at_ms, by_primary, by_candidate) VALUES (?, ?, ?, ?, ?) ON CONFLICT (id, rollout) DO NOTHING",
  findCase:
    "SELECT no, counted, label, by_primary, by_candidate FROM cases WHERE id = ? AND rollout = ?",
  setPrimary: "UPDATE cases SET by_primary = ? WHERE no = ?",
  setCandidate: "UPDATE cases SET by_candidate = ? WHERE no = ?",
  setLabel: "UPDATE cases SET label = ? WHERE no = ?",
  findLabel: "SELECT label FROM labels WHERE id = ? AND rollout = ?",
  addLabel: "INSERT INTO labels VALUES (?, ?, ?, ?)",
  takeLabel: "DELETE FROM labels WHERE id = ? AND rollout = ? RETURNING label",
  takeCases: `UPDATE cases SET counted = 1 WHERE no IN
    (SELECT no FROM cases WHERE rollout = ? AND counted = 0 AND at_ms < ? ORDER BY at_ms, no LIMIT ?)
    RETURNING no, id, at_ms, label, by_primary, by_candidate`,
  dropCases:
    "DELETE FROM cases WHERE no IN (SELECT no FROM cases WHERE at_ms < ? ORDER BY at_ms, no LIMIT ?) RETURNING counted",
  dropLabels:
    "DELETE FROM labels WHERE (id, rollout) IN (SELECT id, rollout FROM labels WHERE since_ms < ? ORDER BY since_ms LIMIT ?)",
  totals: "SELECT cases, labels FROM totals",
  setTotals: "UPDATE totals SET cases = ?, labels = ?",
  pageCount: "PRAGMA page_count",
  pageSize: "PRAGMA page_size",
} as const;

/** Every statement of the store, prepared once, as preparing takes longer than running. */
export type PredictionStatements = Readonly<Record<keyof typeof STATEMENTS, StatementSync>>;

/** Prepares the statements for a database of `openPredictions`. */
export function prepareStatements(database: DatabaseSync): PredictionStatements {
  const prepare = (name: keyof typeof STATEMENTS) => database.prepare(STATEMENTS[name]);
  return {
    findRollout: prepare("findRollout"),
    countRollouts: prepare("countRollouts"),
    addRollout: prepare("addRollout"),
    setTaken: prepare("setTaken"),
    addCase: prepare("addCase"),
    findCase: prepare("findCase"),
    setPrimary: prepare("setPrimary"),
    setCandidate: prepare("setCandidate"),
    setLabel: prepare("setLabel"),
    findLabel: prepare("findLabel"),
    addLabel: prepare("addLabel"),
    takeLabel: prepare("takeLabel"),
    takeCases: prepare("takeCases"),
    dropCases: prepare("dropCases"),
    dropLabels: prepare("dropLabels"),
    totals: prepare("totals"),
    setTotals: prepare("setTotals"),
    pageCount: prepare("pageCount"),
    pageSize: prepare("pageSize"),
  };
}
