import { isAscii } from "node:buffer";
import { readPlainDecimal } from "../core/drift/decimal.ts";
import type { Batch, Numbers } from "../core/drift/table.ts";
import { numberOrText } from "./csvNumber.ts";
import {
  type CellFinder,
  type Cells,
  endOf,
  expectNumbers,
  findCells,
  startOf,
} from "./plainCells.ts";

const QUOTE = 0x22;

/** Whether delimiters and line breaks are all there is to know about bytes of CSV: no quote that could hide one, every byte a letter. */
export function isPlain(bytes: Uint8Array): boolean {
  return !bytes.includes(QUOTE) && isAscii(bytes);
}

/**
 * The rows of plain lines, each of which ends with a line break, and how many cells each of them has. Cells stay bytes until a column is
 * asked for, and numbers are read from the bytes: that is faster than making a text of every cell. What was asked for as numbers in one batch
 * is read while the cells of the next are found.
 */
export function plainBatch(
  bytes: Buffer,
  finder: CellFinder,
  at: Pick<Batch, "columns" | "firstRow">,
): { readonly batch: Batch; readonly widths: readonly number[] } {
  const cells = findCells(finder, bytes);
  let text: string | undefined;
  const read = async (column: number): Promise<readonly (string | undefined)[]> => {
    text ??= bytes.toString("latin1");
    return textsOf(cells, text, column);
  };
  const readNumbers = async (column: number): Promise<Numbers> => {
    expectNumbers(finder, column);
    return numbersOf(cells, column);
  };
  return { batch: { ...at, rows: cells.firsts.length, read, readNumbers }, widths: cells.widths };
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
  const values = knownNumbers(cells, column);
  const odd: { index: number; value: string | null }[] = [];
  for (let row = 0; row < values.length; row += 1) {
    if (Number.isNaN(values[row])) {
      const value = numberAt(cells, row, column);
      if (typeof value === "number") {
        values[row] = value;
      } else {
        odd.push({ index: row, value });
      }
    }
  }
  return { values, odd };
}

/** Those that were read while the cells were found; NaN for the others. */
function knownNumbers({ numbers, firsts, widths }: Cells, column: number): Float64Array {
  const values = new Float64Array(firsts.length);
  for (let row = 0; row < values.length; row += 1) {
    const cell = (firsts[row] ?? 0) + column;
    values[row] = column < (widths[row] ?? 0) ? (numbers[cell] ?? Number.NaN) : Number.NaN;
  }
  return values;
}

/** The number of a cell that isn't known yet; what it says where it is none, null where it is empty or its row lacks it. */
function numberAt(cells: Cells, row: number, column: number): number | string | null {
  const width = cells.widths[row] ?? 0;
  if (column >= width) {
    return null;
  }
  const cell = (cells.firsts[row] ?? 0) + column;
  const start = startOf(cells, cell);
  const end = endOf(cells, cell, column === width - 1);
  const at = { index: start };
  const plain = readPlainDecimal(cells.bytes, at);
  return at.index === end && !Number.isNaN(plain)
    ? plain
    : numberOrText(cells.bytes.toString("latin1", start, end));
}
