import { createHash } from "node:crypto";
import type { ProblemLog } from "../core/drift/problemLog.ts";
import type { ReferenceProfile } from "../core/drift/profile.ts";
import {
  addBatch,
  finishProfile,
  type ProfileBuilder,
  readSoFar,
  startProfile,
} from "../core/drift/profileBuilder.ts";
import type { ProfileWishes } from "../core/drift/profileOf.ts";
import type { ReadTable } from "../core/evidently/columns.ts";
import { TableError } from "../formats/error.ts";
import type { JsonField } from "../formats/jsonLines.ts";
import { compilePath } from "../formats/jsonPath.ts";
import { readTable } from "../formats/readTable.ts";
import { type Optional, type Preset, type Repeated, UsageError, wholeNumber } from "./flags.ts";

/** No letter, digit, sign, point or quote. */
const DELIMITER = /^[\t !#$%&'()*,/:;<=>?@[\\\]^_`{|}~]$/;

/** Flags about a table that `profile` and `drift` share. */
export const TABLE_FLAGS: {
  readonly feature: Repeated;
  readonly prediction: Repeated;
  readonly ignore: Repeated;
  readonly delimiter: Optional;
  readonly seed: Preset;
} = {
  feature: {
    type: "string",
    multiple: true,
    value: "NAME[=PATH][:TYPE]",
    meaning: "found by a JSONPath; numeric, categorical, text, embedding",
  },
  prediction: {
    type: "string",
    multiple: true,
    value: "NAME",
    meaning: "what the model said",
  },
  ignore: {
    type: "string",
    multiple: true,
    value: "NAME",
    meaning: "what is no feature",
  },
  delimiter: {
    type: "string",
    value: "CHARACTER",
    check: (text: string) =>
      DELIMITER.test(text) ? undefined : "a tab, or one of , ; | : / ~ ^ and the like",
    meaning: "of CSV, where the guess is wrong",
  },
  seed: {
    type: "string",
    default: "1",
    value: "N",
    check: wholeNumber(0, 4_294_967_295),
    meaning: "of the sample of rows",
  },
};

type TableFlags = {
  readonly feature: readonly string[];
  readonly prediction: readonly string[];
  readonly ignore: readonly string[];
  readonly delimiter?: string | undefined;
  readonly seed: string;
};

/** How tables are read, and what of them are features. */
export type TableWishes = ProfileWishes & {
  readonly fields: readonly JsonField[];
  readonly delimiter: string | undefined;
};

const FEATURE =
  /^(?<name>[^=:]+)(?:=(?<path>\$.*?))?(?::(?<type>numeric|categorical|text|embedding))?$/;
const TYPES = ["numeric", "categorical", "text", "embedding"] as const;

/** Reads the flags. Throws a UsageError with all that is wrong with them. */
export function tableWishes(flags: TableFlags): TableWishes {
  const wrong: string[] = [];
  const named = flags.feature.flatMap((text) => parseFeature(text) ?? []);
  if (named.length < flags.feature.length) {
    const odd = flags.feature.filter((text) => parseFeature(text) === null).join(", ");
    wrong.push(`--feature: ${odd}: NAME=PATH, NAME:TYPE or NAME=PATH:TYPE, with a JSONPath`);
  }
  const types = new Map(named.flatMap(({ name, type }) => (type ? [[name, type]] : [])));
  const paths = new Map(named.flatMap(({ name, path }) => (path ? [[name, path]] : [])));
  const fields = fieldsOf(paths, wrong);
  if (wrong.length > 0) {
    throw new UsageError(wrong);
  }
  return {
    types,
    paths,
    predictions: new Set(flags.prediction),
    ignored: new Set(flags.ignore),
    fields,
    delimiter: flags.delimiter,
    seed: Number(flags.seed),
  };
}

type NamedFeature = {
  readonly name: string;
  readonly path: string | undefined;
  readonly type: (typeof TYPES)[number] | undefined;
};

function parseFeature(text: string): NamedFeature | null {
  const { name, path, type } = FEATURE.exec(text)?.groups ?? {};
  if (name === undefined || (path === undefined && type === undefined)) {
    return null;
  }
  return { name, path, type: TYPES.find((each) => each === type) };
}

/** Columns that are found by JSONPaths; a sentence for each that is none goes to `wrong`. */
export function fieldsOf(paths: ReadonlyMap<string, string>, wrong: string[]): JsonField[] {
  return [...paths].flatMap(([name, path]) => {
    try {
      return [{ name, find: compilePath(path) }];
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      wrong.push(`--feature: ${name}: ${path} is no JSONPath: ${why}`);
      return [];
    }
  });
}

/** The profile of a file. Rejects with a TableError for one without rows or that can't be read. */
export async function profileFile(
  path: string,
  wishes: TableWishes,
  problems: ProblemLog,
): Promise<ReferenceProfile> {
  return await finishProfile(await readFile(path, wishes, problems), sha256);
}

/** The samples of a file's columns. Rejects as `profileFile`. */
export async function sampleFile(
  path: string,
  wishes: TableWishes,
  problems: ProblemLog,
): Promise<ReadTable> {
  return await readSoFar(await readFile(path, wishes, problems));
}

async function readFile(
  path: string,
  wishes: TableWishes,
  problems: ProblemLog,
): Promise<ProfileBuilder> {
  const builder = startProfile(wishes, problems);
  let rows = 0;
  for await (const batch of readTable(path, { problems, ...wishes })) {
    await addBatch(builder, batch);
    rows += batch.rows;
  }
  if (rows === 0) {
    throw new TableError(`${path}: no rows`);
  }
  return builder;
}

/** SHA-256 in hexadecimal, of the text in UTF-8. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
