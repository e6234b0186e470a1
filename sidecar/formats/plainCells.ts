import { type Place, readPlainDecimal } from "../core/drift/decimal.ts";
import type { CsvMarks } from "./csvHead.ts";

const RETURN = 0x0d;
const PART_OF_NUMBER = /[-.\d]/;

/** Where the cells of plain lines are. */
export type Cells = {
  readonly bytes: Buffer;
  /** Index of each cell's delimiter or line break, in their order. */
  readonly ends: Int32Array;
  /** By cell, the number that it is where its column was known to be of numbers; NaN, or no entry, where that is still to be found. */
  readonly numbers: Float64Array;
  /** By row, the first of its cells in `ends`. */
  readonly firsts: readonly number[];
  /** By row, how many cells it has. */
  readonly widths: readonly number[];
};

/** Finds the cells of one file's plain lines, piece after piece. */
export type CellFinder = {
  readonly delimiter: number;
  readonly newline: number;
  /** By column of the header, whether its cells are read as numbers as they are found. */
  readonly isNumeric: Uint8Array;
  readonly canBeNumeric: boolean;
  /** Room for the cells of a piece. */
  ends: Int32Array;
  numbers: Float64Array;
};

/** A finder for a file of so many columns, which knows of no numbers. */
export function startFinder({ delimiter, newline }: CsvMarks, columns: number): CellFinder {
  return {
    delimiter: delimiter.charCodeAt(0),
    newline: newline.charCodeAt(0),
    isNumeric: new Uint8Array(columns),
    canBeNumeric: !PART_OF_NUMBER.test(delimiter),
    ends: new Int32Array(0),
    numbers: new Float64Array(0),
  };
}

/** From the next piece on, a column's cells are read as numbers in the same pass over the bytes that finds them. */
export function expectNumbers({ isNumeric, canBeNumeric }: CellFinder, column: number): void {
  isNumeric[column] = canBeNumeric ? 1 : 0;
}

/** The cells of lines, each of which ends with a line break. A line without anything is no row, unless there is but one column. */
export function findCells(finder: CellFinder, bytes: Buffer): Cells {
  const { newline, isNumeric } = finder;
  makeRoom(finder, bytes.length);
  const { ends, numbers } = finder;
  const firsts: number[] = [];
  const widths: number[] = [];
  const at: Place = { index: 0 };
  let [cell, first] = [0, 0];
  while (at.index < bytes.length) {
    const start = at.index;
    const number = isNumeric[cell - first] === 1 ? readPlainDecimal(bytes, at) : Number.NaN;
    const end = endFrom(finder, bytes, at.index);
    numbers[cell] = end === at.index ? number : Number.NaN;
    ends[cell] = end;
    cell += 1;
    at.index = end + 1;
    if (bytes[end] === newline) {
      const width = cell - first;
      if (width > 1 || isNumeric.length === 1 || !isBlank(bytes, start, end)) {
        firsts.push(first);
        widths.push(width);
      }
      first = cell;
    }
  }
  const numbered = isNumeric.includes(1) ? cell : 0;
  return { bytes, ends: ends.slice(0, cell), numbers: numbers.slice(0, numbered), firsts, widths };
}

/** Where a cell begins. */
export function startOf({ ends }: Cells, cell: number): number {
  return cell === 0 ? 0 : (ends[cell - 1] ?? 0) + 1;
}

/** Where a cell ends: the last one of a line before its carriage return. */
export function endOf(cells: Cells, cell: number, isLast: boolean): number {
  const end = cells.ends[cell] ?? 0;
  const hasReturn = isLast && end > startOf(cells, cell) && cells.bytes[end - 1] === RETURN;
  return hasReturn ? end - 1 : end;
}

/** No piece has more cells than bytes. */
function makeRoom(finder: CellFinder, bytes: number): void {
  if (finder.ends.length < bytes) {
    finder.ends = new Int32Array(bytes);
    finder.numbers = new Float64Array(bytes);
  }
}

/** The index of the next delimiter or line break. */
function endFrom({ delimiter, newline }: CellFinder, bytes: Uint8Array, from: number): number {
  let index = from;
  while (index < bytes.length && bytes[index] !== delimiter && bytes[index] !== newline) {
    index += 1;
  }
  return index;
}

function isBlank(bytes: Uint8Array, start: number, end: number): boolean {
  return end === start || (end === start + 1 && bytes[start] === RETURN);
}
