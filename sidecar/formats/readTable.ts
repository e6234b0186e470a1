import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import type { ProblemLog } from "../core/drift/problemLog.ts";
import type { Batch } from "../core/drift/table.ts";
import { readCsv } from "./csv.ts";
import { TableError } from "./error.ts";
import { type JsonField, readJsonLines } from "./jsonLines.ts";

/** The formats that can be read. */
export const FORMATS = ["csv", "jsonl", "parquet"] as const;
export type Format = (typeof FORMATS)[number];

const BY_ENDING: Readonly<Record<string, Format>> = {
  csv: "csv",
  tsv: "csv",
  txt: "csv",
  json: "jsonl",
  jsonl: "jsonl",
  ndjson: "jsonl",
  parquet: "parquet",
};
/** Measured: smaller pieces cost more calls, larger ones outlive the young generation. */
const PIECE_BYTES: number = 128 * 1024;

/** How a file is to be read. */
export type TableOptions = {
  readonly problems: ProblemLog;
  /** Of JSON. */
  readonly fields?: readonly JsonField[];
  /** Of CSV. */
  readonly delimiter?: string | undefined;
};

/** Reads a file in the format that its name ends with, else the one that its first bytes look like. Throws a TableError where it can't. */
export async function* readTable(path: string, options: TableOptions): AsyncGenerator<Batch> {
  switch (await formatOf(path)) {
    case "parquet": {
      // Its decompressors take a while to load, and most tables have no use for them.
      const { readParquet } = await import("./parquet.ts");
      yield* readParquet(path, options.problems);
      return;
    }
    case "jsonl":
      yield* readJsonLines(piecesOf(path), options);
      return;
    default:
      yield* readCsv(piecesOf(path), options);
  }
}

/** The format of a file. Throws a TableError where it can't be read. */
export async function formatOf(path: string): Promise<Format> {
  try {
    const file = await open(path);
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(64), 0, 64, 0);
      const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? "";
      return BY_ENDING[ending] ?? looksLike(buffer.toString("latin1", 0, bytesRead));
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new TableError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}

function looksLike(head: string): Format {
  if (head.startsWith("PAR1")) {
    return "parquet";
  }
  return head.trimStart().startsWith("{") ? "jsonl" : "csv";
}

function piecesOf(path: string): AsyncIterable<Buffer> {
  return createReadStream(path, { highWaterMark: PIECE_BYTES });
}
