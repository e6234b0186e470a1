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

/** Flags about a table that `profile` and `drift` share, as `parseArgs` takes them. */
export const TABLE_OPTIONS = {
  feature: { type: "string", multiple: true, default: [] as string[] },
  prediction: { type: "string", multiple: true, default: [] as string[] },
  ignore: { type: "string", multiple: true, default: [] as string[] },
  delimiter: { type: "string" },
  seed: { type: "string", default: "1" },
} as const;

/** The lines of the usage about them. */
export const TABLE_USAGE: readonly string[] = [
  "         --feature NAME[=PATH][:TYPE]"
    .padEnd(40)
    .concat("JSONPath; numeric, categorical, text, embedding"),
  "         --prediction NAME, --ignore NAME"
    .padEnd(40)
    .concat("what the model said; what is no feature"),
  "         --delimiter CHARACTER, --seed N".padEnd(40).concat("of CSV; of the sample of rows (1)"),
];

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
/** No letter, digit, sign, point or quote. */
const DELIMITER = /^[\t !#$%&'()*,/:;<=>?@[\\\]^_`{|}~]$/;
const SEED_MAX = 4_294_967_295;

/** Reads the flags; a sentence for each that can't be read goes to `wrong`. */
export function parseTableFlags(flags: TableFlags, wrong: string[]): TableWishes {
  const named = flags.feature.flatMap((text) => parseFeature(text) ?? []);
  if (named.length < flags.feature.length) {
    const odd = flags.feature.filter((text) => parseFeature(text) === null).join(", ");
    wrong.push(`--feature: ${odd}: NAME=PATH, NAME:TYPE or NAME=PATH:TYPE, with a JSONPath`);
  }
  const types = new Map(named.flatMap(({ name, type }) => (type ? [[name, type]] : [])));
  const paths = new Map(named.flatMap(({ name, path }) => (path ? [[name, path]] : [])));
  if (flags.delimiter !== undefined && !DELIMITER.test(flags.delimiter)) {
    wrong.push(`--delimiter: ${flags.delimiter}: a tab, or one of , ; | : / ~ ^ and the like`);
  }
  const seed = /^\d{1,10}$/.test(flags.seed) ? Number(flags.seed) : Number.NaN;
  if (!(seed <= SEED_MAX)) {
    wrong.push(`--seed: ${flags.seed}: a whole number from 0 to ${SEED_MAX}`);
  }
  return {
    types,
    paths,
    predictions: new Set(flags.prediction),
    ignored: new Set(flags.ignore),
    fields: fieldsOf(paths, wrong),
    delimiter: flags.delimiter,
    seed,
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
