import {
  addCategories,
  addNumbers,
  type ColumnSample,
  startCategorical,
  startNumeric,
} from "./columnSample.ts";
import { categoriesIn, numbersIn } from "./columnValues.ts";
import { addEvidence, startEvidence, typeOf } from "./featureType.ts";
import { noteProblem, type ProblemLog } from "./problemLog.ts";
import type { ReferenceProfile } from "./profile.ts";
import { type ProfileWishes, profileOf } from "./profileOf.ts";
import { assignSlots, type RowSlots, startSlots } from "./rowSlots.ts";
import type { Batch } from "./table.ts";

/** Of a longer reference a uniform sample of so many rows stands for all; fewer where there are more than 64 columns. */
export const SAMPLE_ROWS_MAX = 131_072;
/** Cells of the sample. */
const SAMPLE_CELLS_MAX: number = 64 * SAMPLE_ROWS_MAX;
/** The types of columns are taken from so many rows at the beginning. */
export const TYPE_ROWS = 10_000;

/** A profile on its way. */
export type ProfileBuilder = {
  readonly wishes: ProfileWishes;
  readonly problems: ProblemLog;
  /** Batches that are read but wait until the types are known. */
  waiting: Batch[];
  /** Once the types are known. */
  reading: { readonly slots: RowSlots; readonly samples: readonly ColumnSample[] } | null;
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
  const { slots, samples } = builder.reading ?? (await startReading(builder));
  return profileOf({ slots, samples, wishes: builder.wishes }, hashOf);
}

/** Takes the types from the waiting batches, then reads them. */
async function startReading(
  builder: ProfileBuilder,
): Promise<NonNullable<ProfileBuilder["reading"]>> {
  const { waiting, wishes } = builder;
  const columns = waiting.at(-1)?.columns ?? [];
  const samples: ColumnSample[] = [];
  for (const [column, name] of columns.entries()) {
    const sample = wishes.ignored.has(name) ? null : await sampleFor(builder, column, name);
    if (sample !== null) {
      samples.push({ name, column, sample });
    }
  }
  const capacity = Math.floor(SAMPLE_CELLS_MAX / Math.max(1, samples.length));
  const slots = startSlots({ capacity: Math.min(SAMPLE_ROWS_MAX, capacity), seed: wishes.seed });
  builder.reading = { slots, samples };
  builder.waiting = [];
  for (const batch of waiting) {
    await readBatch(builder, builder.reading, batch);
  }
  return builder.reading;
}

async function sampleFor(
  { waiting, wishes, problems }: ProfileBuilder,
  column: number,
  name: string,
): Promise<ColumnSample["sample"] | null> {
  const evidence = startEvidence();
  for (const batch of waiting) {
    const values = column < batch.columns.length ? await batch.read(column) : [];
    const looked = Math.min(values.length, TYPE_ROWS);
    for (let index = 0; index < looked; index += 1) {
      addEvidence(evidence, values[index]);
    }
  }
  const type = wishes.types.get(name) ?? typeOf(evidence);
  switch (type) {
    case "numeric":
      return startNumeric();
    case "categorical":
      return startCategorical();
    default:
      noteProblem(problems, { kind: "leftOut", row: null, column: name, what: WHY_NOT[type] });
      return null;
  }
}

const WHY_NOT = {
  text: "free text or identifiers: no feature, unless its type is named",
  embedding: "lists of numbers: no feature",
  nothing: "no values, or objects: no feature",
} as const;

async function readBatch(
  { problems }: ProfileBuilder,
  { slots, samples }: NonNullable<ProfileBuilder["reading"]>,
  batch: Batch,
): Promise<void> {
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
