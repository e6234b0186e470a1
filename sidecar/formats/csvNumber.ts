import { parseDecimal } from "../core/drift/decimal.ts";
import { parseNumber } from "../core/drift/value.ts";

/** The number that a cell stands for; null for one that says that there is none, and what it says where it stands for no number. */
export function numberOrText(cell: string | undefined): number | string | null {
  if (cell === undefined || cell === "") {
    return null;
  }
  const decimal = parseDecimal(cell);
  if (!Number.isNaN(decimal)) {
    return decimal;
  }
  const number = parseNumber(cell) ?? cell;
  return Number.isNaN(number) ? null : number;
}
