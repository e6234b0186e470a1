import { noteProblem, type ProblemLog } from "../core/drift/problemLog.ts";
import type { Batch } from "../core/drift/table.ts";
import {
  type CsvMarks,
  guessDelimiter,
  guessNewline,
  HEAD_BYTES,
  headerEnd,
  parseHeader,
} from "./csvHead.ts";
import { batchOfRows, parseRows } from "./csvRows.ts";
import { TableError } from "./error.ts";
import { ROW_BYTES_MAX } from "./limits.ts";
import { type CellFinder, startFinder } from "./plainCells.ts";
import { isPlain, plainBatch } from "./plainRows.ts";

/** After so many of those the rest of the file is not read, as each costs reading `ROW_BYTES_MAX` again. */
export const BROKEN_ROWS_MAX = 100;

const NOTHING: Buffer = Buffer.alloc(0);

/** What a reader of CSV is told, and whom it tells. */
export type CsvOptions = {
  readonly problems: ProblemLog;
  /** One character; guessed where it isn't given. */
  readonly delimiter?: string | undefined;
};

/** Whether more bytes follow. */
type Given = "all" | "more follows";

/** Where the reader is. */
type Progress = {
  readonly marks: CsvMarks;
  readonly columns: readonly string[];
  readonly finder: CellFinder;
  readonly problems: ProblemLog;
  nextRow: number;
  brokenRows: number;
  /** Whether what comes next belongs to a row that is left out, until its line ends. */
  isSkipping: boolean;
};

/**
 * Reads CSV (RFC 4180; UTF-8; a header first; a comma, semicolon, bar or tab; any line break) piece by piece: the same rows however the
 * bytes are cut, in memory that no file can raise. What is wrong is told to `problems`, and the rest is read. Throws a TableError where
 * no header can be found.
 */
export async function* readCsv(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
  options: CsvOptions,
): AsyncGenerator<Batch> {
  let progress: Progress | undefined;
  let rest = NOTHING;
  for await (const bytes of withEnd(source)) {
    const given: Given = bytes === null ? "all" : "more follows";
    rest = Buffer.concat([rest, bytes ?? NOTHING]);
    if (progress === undefined && (given === "all" || rest.length >= HEAD_BYTES)) {
      [progress, rest] = start(rest, options, given);
    }
    if (progress !== undefined) {
      rest = yield* readLines(rest, progress, given);
    }
  }
}

/** The pieces, then null. */
async function* withEnd(
  source: AsyncIterable<Buffer> | Iterable<Buffer>,
): AsyncGenerator<Buffer | null> {
  yield* source;
  yield null;
}

/** Reads the header; what follows it comes back. Nothing but what was given where the header isn't whole. */
function start(
  bytes: Buffer,
  options: CsvOptions,
  given: Given,
): [progress: Progress | undefined, rest: Buffer] {
  const newline = guessNewline(bytes.subarray(0, HEAD_BYTES));
  const whole = given === "all" ? ended(bytes, newline) : bytes;
  const end = headerEnd(whole, newline);
  if (end < 0) {
    if (bytes.length > ROW_BYTES_MAX) {
      throw new TableError(`no line ends in the first ${ROW_BYTES_MAX} bytes: this is no CSV`);
    }
    return [undefined, bytes];
  }
  const header = whole.subarray(0, end);
  const marks = { newline, delimiter: options.delimiter ?? guessDelimiter(header) };
  const { problems } = options;
  const columns = parseHeader(header, marks, problems);
  const finder = startFinder(marks, columns.length);
  const counts = { nextRow: 1, brokenRows: 0, isSkipping: false };
  return [{ marks, columns, finder, problems, ...counts }, whole.subarray(end)];
}

/** With a line break at the end. */
function ended(bytes: Buffer, newline: CsvMarks["newline"]): Buffer {
  const isEnded = bytes.length === 0 || bytes.at(-1) === newline.charCodeAt(0);
  return isEnded ? bytes : Buffer.concat([bytes, Buffer.from(newline)]);
}

/** Reads what is whole; what isn't comes back. */
function* readLines(bytes: Buffer, progress: Progress, given: Given): Generator<Batch, Buffer> {
  const openMax = given === "all" ? 0 : ROW_BYTES_MAX;
  let rest = given === "all" ? ended(bytes, progress.marks.newline) : bytes;
  while (progress.brokenRows < BROKEN_ROWS_MAX) {
    rest = yield* readWhole(progress.isSkipping ? skipLine(rest, progress) : rest, progress);
    if (rest.length <= openMax) {
      return rest;
    }
    leaveRowOut(progress);
  }
  return NOTHING;
}

/** Reads the rows that are whole; the bytes of the one that isn't come back. */
function* readWhole(bytes: Buffer, progress: Progress): Generator<Batch, Buffer> {
  const end = bytes.lastIndexOf(progress.marks.newline) + 1;
  const [batch, open] = batchOf(bytes.subarray(0, end), progress);
  if (batch.rows > 0) {
    progress.nextRow += batch.rows;
    yield batch;
  }
  return Buffer.concat([Buffer.from(open), bytes.subarray(end)]);
}

/** The rows of whole lines, and the text from where a quote opens that isn't closed in them. */
function batchOf(lines: Buffer, progress: Progress): [Batch, string] {
  const { marks, columns, finder, problems, nextRow } = progress;
  const at = { columns, firstRow: nextRow };
  if (isPlain(lines)) {
    const { batch, widths } = plainBatch(lines, finder, at);
    noteRagged(widths, progress);
    return [batch, ""];
  }
  const { rows, rest } = parseRows(lines.toString("utf8"), marks, { at, problems });
  noteRagged(
    rows.map((cells) => cells.length),
    progress,
  );
  return [batchOfRows(rows, at), rest];
}

function noteRagged(widths: readonly number[], { columns, problems, nextRow }: Progress): void {
  for (let index = 0; index < widths.length; index += 1) {
    const width = widths[index] ?? 0;
    if (width !== columns.length) {
      const became = width < columns.length ? "the others are missing" : "the last are left out";
      noteProblem(problems, {
        kind: "raggedRow",
        row: nextRow + index,
        column: null,
        what: `${width} cells where the header has ${columns.length}: ${became}`,
      });
    }
  }
}

function leaveRowOut(progress: Progress): void {
  progress.brokenRows += 1;
  const ends = progress.brokenRows === BROKEN_ROWS_MAX ? ", and so is the rest of the file" : "";
  noteProblem(progress.problems, {
    kind: "endlessRow",
    row: progress.nextRow,
    column: null,
    what: `a quote that isn't closed, or more than ${ROW_BYTES_MAX} bytes: the line is left out${ends}`,
  });
  progress.nextRow += 1;
  progress.isSkipping = true;
}

function skipLine(bytes: Buffer, progress: Progress): Buffer {
  const end = bytes.indexOf(progress.marks.newline) + 1;
  progress.isSkipping = end === 0;
  return end === 0 ? NOTHING : bytes.subarray(end);
}
