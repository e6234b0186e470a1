import { isUtf8 } from "node:buffer";
import type { JSONValue } from "json-p3";
import { noteProblem, type ProblemLog, quoted } from "../core/drift/problemLog.ts";
import { type Batch, numbersOf } from "../core/drift/table.ts";
import type { Finder } from "./jsonPath.ts";
import { COLUMNS_MAX, REPLACEMENT, ROW_BYTES_MAX } from "./limits.ts";

/** Strings, and what Python's json.dumps writes for numbers that JSON can't write. */
const STRING_OR_NO_JSON = /"(?:[^"\\]|\\.)*"|NaN|-?Infinity/g;
const TOO_LONG = `a line of more than ${ROW_BYTES_MAX} bytes is left out`;
const NEWLINE = "\n";
const NOTHING: Buffer = Buffer.alloc(0);
const NONE_BROKEN: ReadonlySet<number> = new Set();

/** What a reader of JSON lines is told, and whom it tells. */
export type JsonOptions = {
  readonly problems: ProblemLog;
  /** Columns that are found by a path; they come before those that are keys of the documents. */
  readonly fields?: readonly JsonField[];
};

/** A column that is found by a path. */
export type JsonField = { readonly name: string; readonly find: Finder };

type Document = Readonly<Record<string, JSONValue>>;

/** Where the reader is. */
type Progress = Required<JsonOptions> & {
  /** Index by name. */
  readonly columns: Map<string, number>;
  nextRow: number;
  /** Whether what comes next belongs to a line that is left out, until it ends. */
  isSkipping: boolean;
};

/**
 * Reads one JSON object a line (UTF-8) piece by piece: the same rows however the bytes are cut. The columns are the fields, then the keys
 * in the order in which they come. A line that is no object is left out and told to `problems`; NaN and Infinity, which are no JSON though
 * Python writes them, are read as texts. A blank line is no row.
 */
export async function* readJsonLines(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  { problems, fields = [] }: JsonOptions,
): AsyncGenerator<Batch> {
  const columns = new Map(fields.map(({ name }, index) => [name, index]));
  const progress: Progress = { problems, fields, columns, nextRow: 1, isSkipping: false };
  let rest = NOTHING;
  for await (const bytes of source) {
    const given = progress.isSkipping ? skipLine(bytes, progress) : Buffer.concat([rest, bytes]);
    const end = given.lastIndexOf(NEWLINE) + 1;
    yield* readLines(given.subarray(0, end), progress);
    rest = given.subarray(end);
    if (rest.length > ROW_BYTES_MAX) {
      leaveOut(progress, TOO_LONG);
      progress.isSkipping = true;
      rest = NOTHING;
    }
  }
  yield* readLines(rest, progress);
}

function skipLine(bytes: Buffer, progress: Progress): Buffer {
  const end = bytes.indexOf(NEWLINE) + 1;
  progress.isSkipping = end === 0;
  return end === 0 ? NOTHING : bytes.subarray(end);
}

/** Batches of the lines' documents; a line that is left out ends one, so that rows keep their numbers. */
function* readLines(bytes: Buffer, progress: Progress): Generator<Batch> {
  let documents: Document[] = [];
  const text = bytes.toString("utf8");
  const broken = text.includes(REPLACEMENT) ? brokenLines(bytes) : NONE_BROKEN;
  for (const [place, line] of text.split(NEWLINE).entries()) {
    if (line.trim() === "") {
      continue;
    }
    if (broken.has(place)) {
      const row = progress.nextRow + documents.length;
      const what = "bytes that are not UTF-8 are read as U+FFFD";
      noteProblem(progress.problems, { kind: "badUtf8", row, column: null, what });
    }
    const document = parseLine(line);
    if (typeof document === "object") {
      documents.push(document);
      continue;
    }
    yield* batchOf(documents, progress);
    documents = [];
    leaveOut(progress, document);
  }
  yield* batchOf(documents, progress);
}

/** The places of lines that are not UTF-8: U+FFFD alone says nothing, as a text may hold it. */
function brokenLines(bytes: Buffer): ReadonlySet<number> {
  const broken = new Set<number>();
  let begin = 0;
  for (let place = 0; begin <= bytes.length; place += 1) {
    const newline = bytes.indexOf(NEWLINE, begin);
    const end = newline === -1 ? bytes.length : newline;
    if (!isUtf8(bytes.subarray(begin, end))) {
      broken.add(place);
    }
    begin = end + 1;
  }
  return broken;
}

/** The line's document, or why it has none. */
function parseLine(line: string): Document | string {
  if (line.length > ROW_BYTES_MAX) {
    return TOO_LONG;
  }
  const value = parseJson(line.replace(/^\u{feff}/u, ""));
  if (value instanceof Error) {
    return `${quoted(line)} is left out: ${value.message}`;
  }
  return typeof value !== "object" || value === null || Array.isArray(value)
    ? `${quoted(line)} is left out: a row is an object`
    : value;
}

function parseJson(line: string): JSONValue | Error {
  try {
    return JSON.parse(line);
  } catch (error) {
    const mended = line.replace(STRING_OR_NO_JSON, (word) =>
      word.startsWith('"') ? word : JSON.stringify(word),
    );
    return mended === line ? toError(error) : parseJson(mended);
  }
}

function* batchOf(documents: readonly Document[], progress: Progress): Generator<Batch> {
  if (documents.length === 0) {
    return;
  }
  const { columns, fields, nextRow: firstRow } = progress;
  progress.nextRow += documents.length;
  addColumns(documents, firstRow, progress);
  const names = [...columns.keys()];
  const read = async (column: number): Promise<readonly unknown[]> => {
    const [field, name = ""] = [fields[column], names[column]];
    return field === undefined
      ? documents.map((document) => (Object.hasOwn(document, name) ? document[name] : undefined))
      : documents.map((document, index) =>
          findIn(document, field, { row: firstRow + index, progress }),
        );
  };
  yield {
    columns: names,
    firstRow,
    rows: documents.length,
    read,
    readNumbers: async (column) => numbersOf(await read(column)),
  };
}

function addColumns(documents: readonly Document[], firstRow: number, progress: Progress): void {
  const { columns, problems } = progress;
  for (const [index, document] of documents.entries()) {
    for (const key of Object.keys(document).filter((name) => !columns.has(name))) {
      if (columns.size < COLUMNS_MAX) {
        columns.set(key, columns.size);
      } else {
        const what = `left out: there are ${COLUMNS_MAX} columns already`;
        const row = firstRow + index;
        noteProblem(problems, { kind: "tooManyColumns", row, column: key, what });
      }
    }
  }
}

function findIn(
  document: Document,
  { name, find }: JsonField,
  { row, progress }: { readonly row: number; readonly progress: Progress },
): unknown {
  try {
    return find(document);
  } catch (error) {
    const what = `its path finds nothing: ${toError(error).message}`;
    noteProblem(progress.problems, { kind: "noPath", row, column: name, what });
    return undefined;
  }
}

function leaveOut(progress: Progress, what: string): void {
  const kind = what === TOO_LONG ? "tooLongRow" : "notAnObject";
  noteProblem(progress.problems, { kind, row: progress.nextRow, column: null, what });
  progress.nextRow += 1;
}

function toError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
