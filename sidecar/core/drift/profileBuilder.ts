import {
  addCategories,
  addNumbers,
  type ColumnSample,
  startCategorical,
  startNumeric,
} from "./columnSample.ts";
import { categoriesIn, numbersIn, tell } from "./columnValues.ts";
import { addEvidence, type ColumnType, startEvidence, typeOf } from "./featureType.ts";
import { hashNumbers } from "./hash.ts";
import { noteProblem, type ProblemLog } from "./problemLog.ts";
import type { ReferenceProfile } from "./profile.ts";
import { type ProfileWishes, profileOf } from "./profileOf.ts";
import { addRich, RICH_ROWS_MIN, type RichSample, startRich } from "./richSample.ts";
import { assignSlots, type RowSlots, startSlots } from "./rowSlots.ts";
import type { Batch } from "./table.ts";

/** Of a longer reference a uniform sample of so many rows stands for all; fewer where there are more than 64 columns. */
export const SAMPLE_ROWS_MAX = 131_072;
/** Cells of the sample. */
const SAMPLE_CELLS_MAX: number = 64 * SAMPLE_ROWS_MAX;
/** The types of columns are taken from so many rows at the beginning. */
const TYPE_ROWS = 10_000;

/** A profile on its way. */
export type ProfileBuilder = {
  readonly wishes: ProfileWishes;
  readonly problems: ProblemLog;
  /** Batches that are read but wait until the types are known. */
  waiting: Batch[];
  /** Once the types are known. */
  reading: {
    readonly slots: RowSlots;
    readonly samples: readonly ColumnSample[];
    readonly rich: readonly RichSample[];
  } | null;
};

/** Nothing read. What is odd will be told to `problems`. */
export function startProfile(wishes: ProfileWishes, problems: ProblemLog): ProfileBuilder {
  return { wishes, problems, waiting: [], reading: null };
}

/** Reads some more rows of the reference, in memory that depends on no number of rows. */
export async function addBatch(builder: ProfileBuilder, batch: Batch): Promise<void> {
  if (builder.reading === null) {
    builder.waiting.push(batch);
    const rows = builder.waiting.reduce((sum, waiting) => sum + waiting.rows, 0);
    if (rows >= TYPE_ROWS) {
      await startReading(builder);
    }
  } else {
    await readBatch(builder, builder.reading, batch);
  }
}

/**
 * The profile of all that was read: the same bytes for the same rows in the same order, and, up to `SAMPLE_ROWS_MAX` rows and `TYPE_ROWS`, in
 * any order but for the thresholds, which are found on chunks. `hashOf` is SHA-256 in hexadecimal.
 */
export async function finishProfile(
  builder: ProfileBuilder,
  hashOf: (text: string) => string,
): Promise<ReferenceProfile> {
  const read = await readSoFar(builder);
  const profile = profileOf({ ...read, wishes: builder.wishes }, hashOf);
  const profiled = [...(profile.texts ?? []), ...(profile.embeddings ?? [])];
  for (const { name, type } of read.rich) {
    if (profiled.every((column) => column.name !== name)) {
      const what = `fewer than ${RICH_ROWS_MIN[type]} values that are ${type === "text" ? "texts" : "vectors of one length"}: no feature`;
      noteProblem(builder.problems, { kind: "leftOut", row: null, column: name, what });
    }
  }
  return profile;
}

/** The samples of all that was read. */
export async function readSoFar(
  builder: ProfileBuilder,
): Promise<NonNullable<ProfileBuilder["reading"]>> {
  return builder.reading ?? (await startReading(builder));
}

/** Takes the types from the waiting batches, then reads them. */
async function startReading(
  builder: ProfileBuilder,
): Promise<NonNullable<ProfileBuilder["reading"]>> {
  const { waiting, wishes, problems } = builder;
  const columns = waiting.at(-1)?.columns ?? [];
  const samples: ColumnSample[] = [];
  const rich: RichSample[] = [];
  for (const [column, name] of columns.entries()) {
    const type = wishes.ignored.has(name) ? "ignored" : await typeFor(builder, column, name);
    switch (type) {
      case "numeric":
        samples.push({ name, column, sample: startNumeric() });
        break;
      case "categorical":
        samples.push({ name, column, sample: startCategorical() });
        break;
      case "text":
      case "embedding":
        rich.push(startRich(type, { name, column, seed: hashNumbers(wishes.seed, column) }));
        break;
      case "ignored":
        break;
      default:
        noteProblem(problems, { kind: "leftOut", row: null, column: name, what: WHY_NOT[type] });
    }
  }
  const capacity = Math.floor(SAMPLE_CELLS_MAX / Math.max(1, samples.length));
  const slots = startSlots({ capacity: Math.min(SAMPLE_ROWS_MAX, capacity), seed: wishes.seed });
  builder.reading = { slots, samples, rich };
  builder.waiting = [];
  for (const batch of waiting) {
    await readBatch(builder, builder.reading, batch);
  }
  return builder.reading;
}

async function typeFor(
  { waiting, wishes }: ProfileBuilder,
  column: number,
  name: string,
): Promise<ColumnType> {
  const evidence = startEvidence();
  for (const batch of waiting) {
    const values = column < batch.columns.length ? await batch.read(column) : [];
    const looked = Math.min(values.length, TYPE_ROWS);
    for (let index = 0; index < looked; index += 1) {
      addEvidence(evidence, values[index]);
    }
  }
  return wishes.types.get(name) ?? typeOf(evidence);
}

const WHY_NOT = {
  identifiers: "hardly any value twice: no feature, unless its type is named",
  nothing: "no values, or objects: no feature",
} as const;

async function readBatch(
  { problems }: ProfileBuilder,
  { slots, samples, rich }: NonNullable<ProfileBuilder["reading"]>,
  batch: Batch,
): Promise<void> {
  for (const each of rich) {
    const at = { batch, column: each.column, problems };
    await addRich(each, batch, (row, value) => tell(at, row, { problem: "wrongType", value }));
  }
  const assigned = assignSlots(slots, batch.rows);
  for (const { column, sample } of samples) {
    const at = { batch, column, problems };
    const isThere = column < batch.columns.length;
    switch (sample.type) {
      case "numeric":
        addNumbers(
          sample,
          isThere ? await numbersIn(at) : new Float64Array(batch.rows).fill(Number.NaN),
          assigned,
        );
        break;
      case "categorical":
        addCategories(
          sample,
          isThere ? await categoriesIn(at) : new Array<null>(batch.rows).fill(null),
          assigned,
        );
        break;
      default:
        sample satisfies never;
    }
  }
}
