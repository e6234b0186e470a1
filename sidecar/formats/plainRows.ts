import { isAscii } from "node:buffer";
import { parsePlainDecimal } from "../core/drift/decimal.ts";
import type { Batch, Numbers } from "../core/drift/table.ts";
import type { CsvMarks } from "./csvHead.ts";
import { numberOrText } from "./csvNumber.ts";

const QUOTE = 0x22;
const RETURN = 0x0d;

/** Where the cells of plain lines are. */
type Cells = {
  readonly bytes: Buffer;
  /** Index of each cell's delimiter or line break, in their order. */
  readonly ends: readonly number[];
  /** By row, the first of its cells in `ends`. */
  readonly firsts: readonly number[];
  /** By row, how many cells it has. */
  readonly widths: readonly number[];
};

/** Whether delimiters and line breaks are all there is to know about bytes of CSV: no quote that could hide one, every byte a letter. */
export function isPlain(bytes: Uint8Array): boolean {
  return !bytes.includes(QUOTE) && isAscii(bytes);
}

/**
 * The rows of plain lines, each of which ends with a line break, and how many cells each of them has. Cells stay bytes until a column is
 * asked for, and numbers are read from the bytes: that is faster than making a text of every cell. A line without anything is no row,
 * unless there is but one column.
 */
export function plainBatch(
  bytes: Buffer,
  marks: CsvMarks,
  at: Pick<Batch, "columns" | "firstRow">,
): { readonly batch: Batch; readonly widths: readonly number[] } {
  const cells = findCells(bytes, marks, at.columns.length);
  let text: string | undefined;
  const read = async (column: number): Promise<readonly (string | undefined)[]> => {
    text ??= bytes.toString("latin1");
    return textsOf(cells, text, column);
  };
  const readNumbers = async (column: number): Promise<Numbers> => numbersOf(cells, column);
  return { batch: { ...at, rows: cells.firsts.length, read, readNumbers }, widths: cells.widths };
}

function findCells(bytes: Buffer, marks: CsvMarks, columns: number): Cells {
  const [delimiter, newline] = [marks.delimiter.charCodeAt(0), marks.newline.charCodeAt(0)];
  const ends: number[] = [];
  const firsts: number[] = [];
  const widths: number[] = [];
  let first = 0;
  for (let index = 0; index < bytes.length; index += 1) {
    const byte = bytes[index];
    if (byte === delimiter || byte === newline) {
      ends.push(index);
    }
    if (byte === newline) {
      const width = ends.length - first;
      if (width > 1 || columns === 1 || !isBlank(bytes, ends, first)) {
        firsts.push(first);
        widths.push(width);
      }
      first += width;
    }
  }
  return { bytes, ends, firsts, widths };
}

function textsOf(cells: Cells, text: string, column: number): readonly (string | undefined)[] {
  const values = new Array<string | undefined>(cells.firsts.length);
  for (let row = 0; row < values.length; row += 1) {
    const width = cells.widths[row] ?? 0;
    const cell = (cells.firsts[row] ?? 0) + column;
    values[row] =
      column < width
        ? text.substring(startOf(cells, cell), endOf(cells, cell, column === width - 1))
        : undefined;
  }
  return values;
}

function numbersOf(cells: Cells, column: number): Numbers {
  const { bytes, firsts, widths } = cells;
  const values = new Float64Array(firsts.length);
  const odd: { index: number; value: string | null }[] = [];
  for (let index = 0; index < values.length; index += 1) {
    const width = widths[index] ?? 0;
    const cell = (firsts[index] ?? 0) + column;
    const start = startOf(cells, cell);
    const end = column < width ? endOf(cells, cell, column === width - 1) : start;
    const plain = parsePlainDecimal(bytes, start, end);
    const value = Number.isNaN(plain) ? numberOrText(bytes.toString("latin1", start, end)) : plain;
    if (typeof value === "number") {
      values[index] = value;
    } else {
      values[index] = Number.NaN;
      odd.push({ index, value });
    }
  }
  return { values, odd };
}

function startOf({ ends }: Cells, cell: number): number {
  return cell === 0 ? 0 : (ends[cell - 1] ?? 0) + 1;
}

/** The last cell of a line ends before its carriage return. */
function endOf(cells: Cells, cell: number, isLast: boolean): number {
  const end = cells.ends[cell] ?? 0;
  const hasReturn = isLast && end > startOf(cells, cell) && cells.bytes[end - 1] === RETURN;
  return hasReturn ? end - 1 : end;
}

function isBlank(bytes: Uint8Array, ends: readonly number[], cell: number): boolean {
  const start = cell === 0 ? 0 : (ends[cell - 1] ?? 0) + 1;
  const end = ends[cell] ?? 0;
  return end === start || (end === start + 1 && bytes[start] === RETURN);
}
