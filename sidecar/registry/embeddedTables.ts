import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import { type ModelVersion, STAGES, type Stage } from "../core/models/model.ts";
import { VERSIONS_MAX } from "../ports/registry.ts";
import { StoreError } from "../ports.ts";
import type { DatabaseShape } from "../sqlite/databaseFile.ts";
import { integer, type Row, run, text } from "../sqlite/rows.ts";

/** Of a registry's file, which the sidecar and the command line use at once. */
export const REGISTRY_SHAPE: DatabaseShape & { readonly waitMs: number } = {
  version: 1_001,
  tables: `
    CREATE TABLE versions (
      model TEXT NOT NULL, version INTEGER NOT NULL, sha256 TEXT NOT NULL, stage TEXT NOT NULL, body TEXT NOT NULL,
      checksum TEXT NOT NULL, PRIMARY KEY (model, version), UNIQUE (model, sha256)) STRICT;
    CREATE TABLE aliases (
      model TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, PRIMARY KEY (model, alias),
      FOREIGN KEY (model, version) REFERENCES versions (model, version)) STRICT;
  `,
  commits: "full",
  check: "always",
  waitMs: 250,
};

/** A version as it is written; where its file is follows from its content. */
export type StoredVersion = Omit<ModelVersion, "location">;

/** What of a version's row is one text. */
type Body = Omit<StoredVersion, "model" | "version" | "sha256" | "stage">;

/** The versions of a model, the newest first. Throws StoreError "broken" where one is not as it was written. */
export function versionsIn(database: DatabaseSync, model: string): readonly StoredVersion[] {
  return database
    .prepare("SELECT * FROM versions WHERE model = ? ORDER BY version DESC LIMIT ?")
    .all(model, VERSIONS_MAX)
    .map(versionOf);
}

/** One version of a model, by its number or by its content. */
export function versionBy(
  database: DatabaseSync,
  model: string,
  by: { readonly version: number } | { readonly sha256: string },
): StoredVersion | undefined {
  const [column, value] = "version" in by ? ["version", by.version] : ["sha256", by.sha256];
  const row = database
    .prepare(`SELECT * FROM versions WHERE model = ? AND ${column} = ?`)
    .get(model, value);
  return row === undefined ? undefined : versionOf(row);
}

/** Number of the newest version of a model; 0 when there is none. */
export function newestIn(database: DatabaseSync, model: string): number {
  const row = database
    .prepare("SELECT coalesce(max(version), 0) AS newest FROM versions WHERE model = ?")
    .get(model);
  return row === undefined ? 0 : integer(row, "newest");
}

/** Writes a version in the place of what was there. */
export function writeVersion(database: DatabaseSync, written: StoredVersion): void {
  const { model, version, sha256 = "", stage, ...body } = written;
  const columns = [model, version, sha256, stage, JSON.stringify(body)] as const;
  run(
    database,
    "INSERT INTO versions VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (model, version) DO UPDATE SET stage = excluded.stage, body = excluded.body, checksum = excluded.checksum",
    [...columns, checksumOf(columns)],
  );
}

/** The aliases of a model. */
export function aliasesIn(database: DatabaseSync, model: string): ReadonlyMap<string, number> {
  return new Map(
    database
      .prepare("SELECT alias, version FROM aliases WHERE model = ?")
      .all(model)
      .map((row): [string, number] => [text(row, "alias"), integer(row, "version")]),
  );
}

function versionOf(row: Row): StoredVersion {
  const [model, version] = [text(row, "model"), integer(row, "version")];
  const [sha256, stage, body] = [text(row, "sha256"), text(row, "stage"), text(row, "body")];
  if (text(row, "checksum") !== checksumOf([model, version, sha256, stage, body])) {
    throw new StoreError("broken", `version ${version} of ${model} does not match its checksum`);
  }
  const { trainingDataSha256, metrics, parent, tags, registeredAtMs }: Body = JSON.parse(body);
  const rest = { trainingDataSha256, metrics, parent, tags, registeredAtMs };
  return { model, version, sha256, stage: stageOf(stage), ...rest };
}

function stageOf(word: string): Stage {
  return STAGES.find((stage) => stage === word) ?? "registered";
}

function checksumOf(columns: readonly (string | number)[]): string {
  return createHash("sha256").update(JSON.stringify(columns)).digest("hex");
}
