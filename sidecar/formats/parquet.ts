import {
  asyncBufferFromFile,
  type ColumnData,
  type Compressors,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
} from "hyparquet";
import { compressors as decompressors } from "hyparquet-compressors";
import { noteProblem, type ProblemLog } from "../core/drift/problemLog.ts";
import { type Batch, numbersOf } from "../core/drift/table.ts";
import { TableError } from "./error.ts";
import { COLUMNS_MAX } from "./limits.ts";

/** A row group of more rows is refused: one column of it at a time is held in memory. */
export const GROUP_ROWS_MAX: number = 16 * 1024 * 1024;
/** A page that claims to hold more is not decompressed. */
export const PAGE_BYTES_MAX: number = 256 * 1024 * 1024;

const compressors: Compressors = Object.fromEntries(
  Object.entries(decompressors).map(([codec, decompress]) => [
    codec,
    (bytes: Uint8Array, length: number) => {
      if (length > PAGE_BYTES_MAX) {
        throw new TableError(`a page of ${length} bytes: at most ${PAGE_BYTES_MAX} are read`);
      }
      return decompress(bytes, length);
    },
  ]),
);

type File = Awaited<ReturnType<typeof asyncBufferFromFile>>;
type Rows = { readonly rows: readonly number[] };
type Group = { readonly from: number; readonly to: number };

/**
 * Reads a Parquet file, row group by row group and in it column by column, so that no more than one column of one group is in memory.
 * A column of a group that can't be read has no values there, and is told to `problems`. Timestamps become ISO 8601 texts and large
 * integers the nearest double. Throws a TableError where the file's own description can't be read or is beyond the limits.
 */
export async function* readParquet(path: string, problems: ProblemLog): AsyncGenerator<Batch> {
  const file = await asyncBufferFromFile(path);
  const { metadata, columns, rows } = await describe(file);
  let from = 0;
  for (const count of rows) {
    const to = from + count;
    yield batchOf({ file, metadata, columns, problems }, { from, to });
    from = to;
  }
}

type Source = {
  readonly file: File;
  readonly metadata: FileMetaData;
  readonly columns: readonly string[];
  readonly problems: ProblemLog;
};

function batchOf(source: Source, group: Group): Batch {
  const read = (column: number): Promise<ArrayLike<unknown>> => readColumn(source, group, column);
  return {
    columns: source.columns,
    firstRow: group.from + 1,
    rows: group.to - group.from,
    read,
    readNumbers: async (column) => numbersOf(await read(column)),
  };
}

/** What the file says of itself, and the rows of each group. */
async function describe(file: File): Promise<Pick<Source, "metadata" | "columns"> & Rows> {
  try {
    const metadata = await parquetMetadataAsync(file);
    const columns = parquetSchema(metadata).children.map(({ element }) => element.name);
    const rows = metadata.row_groups.map(({ num_rows }) => Number(num_rows));
    const wrong = rows.find((count) => !(count >= 0 && count <= GROUP_ROWS_MAX));
    if (wrong !== undefined || columns.length > COLUMNS_MAX) {
      const given = `${columns.length} columns${wrong === undefined ? "" : `, ${wrong} rows in a group`}`;
      const most = `at most ${COLUMNS_MAX} columns and ${GROUP_ROWS_MAX} rows are read`;
      throw new Error(`${given}: ${most}`);
    }
    return { metadata, columns, rows };
  } catch (error) {
    throw new TableError(`not a whole Parquet file: ${messageOf(error)}`, { cause: error });
  }
}

async function readColumn(
  { file, metadata, columns, problems }: Source,
  { from, to }: Group,
  column: number,
): Promise<ArrayLike<unknown>> {
  const name = columns[column] ?? "";
  const chunks: ColumnData[] = [];
  const onChunk = (chunk: ColumnData): void => {
    chunks.push(chunk);
  };
  try {
    const range = { columns: [name], rowStart: from, rowEnd: to };
    await parquetRead({ file, metadata, compressors, ...range, onChunk });
    return joined(chunks, { from, to });
  } catch (error) {
    const what = `rows ${from + 1} to ${to} of it can't be read, and are missing: ${messageOf(error)}`;
    noteProblem(problems, { kind: "brokenColumn", row: from + 1, column: name, what });
    return new Array<undefined>(to - from).fill(undefined);
  }
}

/** The group's values in one array; chunks may begin before the group and end after it. */
function joined(chunks: readonly ColumnData[], { from, to }: Group): ArrayLike<unknown> {
  const [first] = chunks;
  if (first !== undefined && first.rowStart === from && first.rowEnd === to && isPlain(first)) {
    return first.columnData;
  }
  const values = new Array<unknown>(to - from);
  for (const { columnData, rowStart } of chunks) {
    const begin = Math.max(0, from - rowStart);
    const end = Math.min(columnData.length, to - rowStart);
    for (let index = begin; index < end; index += 1) {
      values[rowStart - from + index] = plain(columnData[index]);
    }
  }
  return values;
}

/** Whether a chunk holds floats or small integers, which need no change. */
function isPlain({ columnData }: ColumnData): boolean {
  return (
    columnData instanceof Float64Array ||
    columnData instanceof Float32Array ||
    columnData instanceof Int32Array
  );
}

function plain(value: unknown): unknown {
  if (typeof value === "bigint") {
    return Number(value);
  }
  return value instanceof Date ? isoText(value) : value;
}

function isoText(date: Date): string | undefined {
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
