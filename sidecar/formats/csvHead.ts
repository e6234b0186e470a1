import Papa from "papaparse";
import { noteProblem, type ProblemLog, quoted } from "../core/drift/problemLog.ts";
import { TableError } from "./error.ts";
import { COLUMNS_MAX } from "./limits.ts";

/** From so many bytes, or all that there are, the file's line break is guessed, however it comes in pieces. */
export const HEAD_BYTES: number = 64 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;
const QUOTE = 0x22;
const AROUND = /^\u{feff}?[\r\n]*|[\r\n]+$/gu;

const DELIMITERS: readonly string[] = [",", "\t", ";", "|"];

/** How a CSV file separates its cells and rows, both in one byte. */
export type CsvMarks = { readonly delimiter: string; readonly newline: "\n" | "\r" };

/** Guesses the line break of a CSV file from its first bytes. Throws a TableError for UTF-16. */
export function guessNewline(head: Buffer): CsvMarks["newline"] {
  const [first, second] = head;
  if ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff)) {
    throw new TableError("the file is UTF-16: save it as UTF-8");
  }
  return head.includes(NEWLINE) || !head.includes(RETURN) ? "\n" : "\r";
}

/** The delimiter that is most frequent in the header outside of quotes; a comma where none is. */
export function guessDelimiter(header: Buffer): string {
  const text = headerText(header).replace(/"[^"]*"/g, "");
  const counts = DELIMITERS.map((delimiter) => text.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

/** Where the header's line ends, its line break included, after blank lines; -1 where it isn't whole yet. */
export function headerEnd(bytes: Buffer, newline: CsvMarks["newline"]): number {
  let [start, quotes] = [0, 0];
  for (;;) {
    const end = bytes.indexOf(newline, start) + 1;
    if (end === 0) {
      return -1;
    }
    const line = bytes.subarray(start, end);
    quotes += line.reduce((count, byte) => count + (byte === QUOTE ? 1 : 0), 0);
    if (quotes % 2 === 0 && headerText(line) !== "") {
      return end;
    }
    start = end;
  }
}

/** The names of columns in a header: one that is empty or taken gets another, which is a problem. Throws a TableError for too many. */
export function parseHeader(bytes: Buffer, marks: CsvMarks, problems: ProblemLog): string[] {
  const cells = Papa.parse<string[]>(headerText(bytes), marks).data[0] ?? [];
  if (cells.length > COLUMNS_MAX) {
    throw new TableError(`${cells.length} columns: at most ${COLUMNS_MAX} are read`);
  }
  const names = new Set<string>();
  for (const [index, cell] of cells.entries()) {
    const given = cell.trim();
    const name = given === "" || names.has(given) ? freeName(given, index, names) : given;
    if (name !== given) {
      const what = `column ${index + 1} is ${given === "" ? "without a name" : `another ${quoted(given)}`}: it is called ${quoted(name)}`;
      noteProblem(problems, { kind: "unnamedColumn", row: null, column: name, what });
    }
    names.add(name);
  }
  return [...names];
}

/** Without byte order mark, blank lines and line break. */
function headerText(bytes: Buffer): string {
  return bytes.toString("utf8").replace(AROUND, "");
}

function freeName(given: string, index: number, names: ReadonlySet<string>): string {
  let name = given === "" ? `column ${index + 1}` : `${given} (${index + 1})`;
  while (names.has(name)) {
    name += "'";
  }
  return name;
}
