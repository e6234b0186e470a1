import Papa from "papaparse";
import { noteProblem, type ProblemLog, quoted } from "../core/drift/problemLog.ts";
import { type Batch, numbersOf } from "../core/drift/table.ts";
import type { CsvMarks } from "./csvHead.ts";
import { numberOrText } from "./csvNumber.ts";
import { REPLACEMENT } from "./limits.ts";

/** Rows, and what is left of the text where a quote is open at its end. */
export type CsvRows = { readonly rows: readonly (readonly string[])[]; readonly rest: string };

/** The rows of lines, each of which ends with a line break, by Papa Parse. A line without anything is no row, unless there is but one column. */
export function parseRows(
  text: string,
  marks: CsvMarks,
  { at, problems }: { readonly at: Pick<Batch, "columns" | "firstRow">; problems: ProblemLog },
): CsvRows {
  const { data, errors, meta }: Papa.ParseResult<string[]> = new Papa.Parser(marks).parse(
    text,
    0,
    true,
  );
  const isRow = (cells: readonly string[]): boolean =>
    cells.length > 1 || at.columns.length === 1 || !/^\r?$/.test(cells[0] ?? "");
  for (const { code, row = 0 } of errors) {
    if (code === "InvalidQuotes") {
      const before = data.slice(0, row).filter(isRow).length;
      const what = "a quote inside of a quoted cell is not doubled: read as a part of it";
      noteProblem(problems, {
        kind: "strayQuote",
        row: at.firstRow + before,
        column: null,
        what,
      });
    }
  }
  const rows = data.filter(isRow);
  for (const cells of rows) {
    trimReturn(cells);
  }
  if (text.includes(REPLACEMENT)) {
    noteReplacements(rows, at, problems);
  }
  return { rows, rest: text.slice(meta.cursor) };
}

/** A batch of rows of texts; a cell that its row lacks is undefined. */
export function batchOfRows(
  rows: readonly (readonly string[])[],
  at: Pick<Batch, "columns" | "firstRow">,
): Batch {
  return {
    ...at,
    rows: rows.length,
    read: async (column) => rows.map((cells) => cells[column]),
    readNumbers: async (column) => numbersOf(rows.map((cells) => numberOrText(cells[column]))),
  };
}

/** Where lines end with a carriage return too, the last cell has it. */
function trimReturn(cells: string[]): void {
  const last = cells.at(-1);
  if (last?.endsWith("\r")) {
    cells[cells.length - 1] = last.slice(0, -1);
  }
}

function noteReplacements(
  rows: readonly (readonly string[])[],
  { columns, firstRow }: Pick<Batch, "columns" | "firstRow">,
  problems: ProblemLog,
): void {
  for (const [index, cells] of rows.entries()) {
    for (const [column, cell] of cells.entries()) {
      if (cell.includes(REPLACEMENT)) {
        noteProblem(problems, {
          kind: "badUtf8",
          row: firstRow + index,
          column: columns[column] ?? null,
          what: `${quoted(cell)}: bytes that are not UTF-8 are read as U+FFFD`,
        });
      }
    }
  }
}
