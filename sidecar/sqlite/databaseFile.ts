import { chmodSync, closeSync, constants, lstatSync, openSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { StoreError } from "../ports.ts";

/** What a database file holds, and how it is kept. */
export type DatabaseShape = {
  /** Of the tables; a file with another one is refused. No two shapes have the same one. */
  readonly version: number;
  readonly tables: string;
  /** What makes a file of an older version one of the next. */
  readonly upgrades?: Readonly<Record<number, string>>;
  /** `full`: every commit is on the disk. `normal`: a power failure may undo the last ones, together. */
  readonly commits: "full" | "normal";
  /** `always`: every page is checked on opening. */
  readonly check: "always" | "never";
  /** For a file that several processes use at once: how long one waits for another's change to be done. Absent for a file that one has alone. */
  readonly waitMs?: number;
};

/** SQLite's result codes that mean something of their own here (sqlite3.h). */
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_FULL = 13;
const SQLITE_NOTADB = 26;

/**
 * Opens the database, for this process alone unless the shape says otherwise, making it when there is none: mode 0600, no symbolic links,
 * write-ahead log. Throws StoreError.
 */
export function openDatabase(path: string, shape: DatabaseShape): DatabaseSync {
  secure(path);
  let database: DatabaseSync | undefined;
  try {
    const isShared = shape.waitMs !== undefined;
    database = new DatabaseSync(path, { timeout: shape.waitMs ?? 0 });
    database.exec(`PRAGMA locking_mode = ${isShared ? "NORMAL" : "EXCLUSIVE"}`);
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    // One that others may be writing to is locked only when there is something to make.
    if (!isShared || versionOf(database) !== shape.version) {
      database.exec(isShared ? "BEGIN IMMEDIATE" : "BEGIN EXCLUSIVE");
      prepareTables(database, path, shape);
      database.exec("COMMIT");
    }
    database.exec(`PRAGMA synchronous = ${shape.commits}`);
    if (shape.check === "always") {
      checkPages(database, path);
    }
    return database;
  } catch (error) {
    closeQuietly(database);
    throw error instanceof StoreError ? error : storeErrorOf(error, path);
  }
}

/** Closes what may already be closed or broken. */
export function closeQuietly(database: DatabaseSync | undefined): void {
  try {
    database?.close();
  } catch {
    // A database that can't even be closed is given up; what it held is read again on the next opening.
  }
}

/** The StoreError that an error of SQLite stands for. */
export function storeErrorOf(error: unknown, path: string): StoreError {
  const message = error instanceof Error ? error.message : String(error);
  switch (resultCodeOf(error)) {
    case SQLITE_BUSY:
      return new StoreError(
        "locked",
        `${path} is in use by another sidecar: stop that one, or give another --store`,
        { cause: error },
      );
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return new StoreError("broken", `${path} is damaged: ${message}`, { cause: error });
    case SQLITE_FULL:
      return new StoreError("full", `${path}: ${message}`, { cause: error });
    default:
      return new StoreError("unavailable", `${path}: ${message}`, { cause: error });
  }
}

function resultCodeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number"
    ? error.errcode & 0xff
    : undefined;
}

/**
 * Makes the file, or checks the one there. An existing file is looked at by name only: closing a descriptor of it would free
 * all of this process's locks on it (POSIX), and those are what keeps a second sidecar out.
 */
function secure(path: string): void {
  for (const name of [path, `${path}-wal`, `${path}-shm`]) {
    secureExisting(name);
  }
  try {
    const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDWR } = constants;
    closeSync(openSync(path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
  } catch (error) {
    if (!isExistsError(error)) {
      throw storeErrorOf(error, path);
    }
  }
}

function secureExisting(name: string): void {
  const status = lstatSync(name, { throwIfNoEntry: false });
  if (status === undefined) {
    return;
  }
  if (!status.isFile()) {
    const what = status.isSymbolicLink() ? "a symbolic link" : "not a regular file";
    throw new StoreError("unsafe", `${name} is ${what}: give a file of its own`);
  }
  if ((status.mode & 0o077) !== 0) {
    chmodSync(name, 0o600);
  }
}

function isExistsError(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "EEXIST";
}

function versionOf(database: DatabaseSync): number {
  return Number(database.prepare("PRAGMA user_version").get()?.user_version);
}

function prepareTables(database: DatabaseSync, path: string, shape: DatabaseShape): void {
  const version = versionOf(database);
  if (version === shape.version) {
    return;
  }
  const upgrade = shape.upgrades?.[version];
  if (upgrade !== undefined) {
    database.exec(`${upgrade} PRAGMA user_version = ${version + 1};`);
    prepareTables(database, path, shape);
    return;
  }
  const tables = database.prepare("SELECT count(*) AS count FROM sqlite_schema").get()?.count;
  if (version !== 0 || tables !== 0) {
    throw new StoreError(
      "broken",
      `${path} has schema version ${version}, this sidecar knows ${shape.version}`,
    );
  }
  database.exec(`${shape.tables} PRAGMA user_version = ${shape.version};`);
}

function checkPages(database: DatabaseSync, path: string): void {
  const found = database.prepare("PRAGMA quick_check(1)").get()?.quick_check;
  if (found !== "ok") {
    throw new StoreError("broken", `${path} is damaged: ${found}`);
  }
}
