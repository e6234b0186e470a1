import { isAbsolute, join, resolve } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { ModelVersion, RegisteredModel } from "../core/models/model.ts";
import {
  type Mark,
  type Naming,
  type Registered,
  type Registration,
  type Registry,
  RegistryError,
  TAG_VALUE_MAX,
} from "../ports/registry.ts";
import { type Clock, StoreError } from "../ports.ts";
import { closeQuietly, openDatabase, storeErrorOf } from "../sqlite/databaseFile.ts";
import { run } from "../sqlite/rows.ts";
import { copyByContent } from "./content.ts";
import {
  aliasesIn,
  newestIn,
  REGISTRY_SHAPE,
  type StoredVersion,
  versionBy,
  versionsIn,
  writeVersion,
} from "./embeddedTables.ts";

/** Where an embedded registry is, and how it is used. */
export type EmbeddedOptions = {
  /** Its database; the models' files are in the folder of that name with `.files` behind it. */
  readonly path: string;
  readonly clock: Clock;
  /** How long it waits for another process to be done with a change; the process stands still meanwhile. By default 250 ms. */
  readonly waitMs?: number;
  /** Most versions that are kept, of all models together, and tags of one of them. */
  readonly versionsMax?: number;
};

const VERSIONS_IN_ALL_MAX = 10_000;
const TAGS_MAX = 100;

/**
 * A registry in one SQLite file and a folder of models' files, named by what they hold. Several processes may use it at once. What was
 * confirmed survives a crash; a version is there only once its file is.
 */
export function openEmbeddedRegistry(options: EmbeddedOptions): Registry {
  return new EmbeddedRegistry(options);
}

class EmbeddedRegistry implements Registry {
  readonly #options: EmbeddedOptions;
  readonly #path: string;
  #database: DatabaseSync | "closed" | undefined;

  constructor(options: EmbeddedOptions) {
    this.#options = options;
    this.#path = isAbsolute(options.path) ? options.path : resolve(options.path);
  }

  async register(registration: Registration, signal: AbortSignal): Promise<Registered> {
    const { file, model, trainingDataSha256, metrics, parent } = registration;
    const nowMs = Math.round(this.#options.clock.wallMs());
    this.#use(() => undefined);
    const { sha256 } = await copyByContent(file, this.#folder, { signal, nowMs });
    return this.#change((database) => {
      const found = versionBy(database, model, { sha256 });
      if (found !== undefined) {
        return { version: this.#located(found), isNew: false };
      }
      if (parent !== undefined) {
        present(database, model, parent);
      }
      this.#checkRoom(database);
      const version: StoredVersion = {
        model,
        version: newestIn(database, model) + 1,
        sha256,
        trainingDataSha256,
        metrics,
        stage: "registered",
        parent,
        tags: {},
        registeredAtMs: nowMs,
      };
      writeVersion(database, version);
      return { version: this.#located(version), isNew: true };
    });
  }

  async read(model: string): Promise<RegisteredModel> {
    return this.#use((database) => {
      database.exec("BEGIN");
      const versions = versionsIn(database, model).map((version) => this.#located(version));
      const aliases = aliasesIn(database, model);
      database.exec("COMMIT");
      return { versions, aliases };
    });
  }

  async setAlias({ model, alias, version }: Naming): Promise<void> {
    this.#change((database) => {
      present(database, model, version);
      run(database, "INSERT OR REPLACE INTO aliases VALUES (?, ?, ?)", [model, alias, version]);
    });
  }

  async mark({ model, version, stage, tags = {} }: Mark): Promise<void> {
    this.#change((database) => {
      const before = present(database, model, version);
      const cut = Object.entries(tags).map(([key, value]) => [key, value.slice(0, TAG_VALUE_MAX)]);
      const after = { ...before.tags, ...Object.fromEntries(cut) };
      if (Object.keys(after).length > TAGS_MAX) {
        throw new RegistryError("full", `version ${version} of ${model}: at most ${TAGS_MAX} tags`);
      }
      writeVersion(database, { ...before, stage: stage ?? before.stage, tags: after });
    });
  }

  async close(): Promise<void> {
    if (this.#database !== "closed") {
      closeQuietly(this.#database);
    }
    this.#database = "closed";
  }

  get #folder(): string {
    return `${this.#path}.files`;
  }

  #located(version: StoredVersion): ModelVersion {
    return { ...version, location: join(this.#folder, version.sha256 ?? "") };
  }

  #checkRoom(database: DatabaseSync): void {
    const { versionsMax = VERSIONS_IN_ALL_MAX } = this.#options;
    const count = database.prepare("SELECT count(*) AS count FROM versions").get()?.count;
    if (Number(count) >= versionsMax) {
      throw new RegistryError(
        "full",
        `${this.#path} has ${count} versions, at most ${versionsMax}`,
      );
    }
  }

  /** Makes a change that is on the disk when this returns, or nothing. */
  #change<T>(work: (database: DatabaseSync) => T): T {
    return this.#use((database) => {
      database.exec("BEGIN IMMEDIATE");
      const result = work(database);
      database.exec("COMMIT");
      return result;
    });
  }

  /** Works on the database, which is closed after any failure, so that a change that was begun is undone, and opened again by the next use. */
  #use<T>(work: (database: DatabaseSync) => T): T {
    if (this.#database === "closed") {
      throw new RegistryError("failed", `${this.#path} is closed`);
    }
    try {
      const { waitMs = REGISTRY_SHAPE.waitMs } = this.#options;
      this.#database ??= openDatabase(this.#path, { ...REGISTRY_SHAPE, waitMs });
      return work(this.#database);
    } catch (error) {
      closeQuietly(this.#database);
      this.#database = undefined;
      throw error instanceof RegistryError ? error : registryErrorOf(error, this.#path);
    }
  }
}

/** The version, which must be there. */
function present(database: DatabaseSync, model: string, version: number): StoredVersion {
  const found = versionBy(database, model, { version });
  if (found === undefined) {
    throw new RegistryError("missing", `${model} has no version ${version}`);
  }
  return found;
}

function registryErrorOf(error: unknown, path: string): RegistryError {
  const { code, message } = error instanceof StoreError ? error : storeErrorOf(error, path);
  switch (code) {
    case "locked":
      return new RegistryError("busy", `${path} is being changed by another process`);
    case "broken":
    case "unsafe":
      return new RegistryError("broken", message, { cause: error });
    case "full":
      return new RegistryError("full", message, { cause: error });
    case "unavailable":
      return new RegistryError("failed", message, { cause: error });
    default:
      return code satisfies never;
  }
}
