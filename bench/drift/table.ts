import { closeSync, openSync, writeSync } from "node:fs";
import { type Random, seeded } from "../../sidecar/core/simulate/random.ts";

const NUMBERS = 14;
const INTEGERS = 3;
const COLOURS: readonly string[] = ["red", "green", "blue", "yellow", "violet", "black"];
const BLOCK_ROWS = 10_000;

/** Writes a CSV of 20 features: 14 normal numbers of four decimals, three integers, two categories, one flag. About 135 bytes a row. */
export function writeTable(path: string, given: { rows: number; seed: number }): void {
  const random = seeded(given.seed);
  const file = openSync(path, "w");
  const names = [
    ...Array.from({ length: NUMBERS }, (_, index) => `number${index}`),
    ...Array.from({ length: INTEGERS }, (_, index) => `integer${index}`),
    ...["colour0", "colour1", "flag"],
  ];
  writeSync(file, `${names.join(",")}\n`);
  for (let row = 0; row < given.rows; row += BLOCK_ROWS) {
    const rows = Math.min(BLOCK_ROWS, given.rows - row);
    writeSync(file, Array.from({ length: rows }, () => `${line(random)}\n`).join(""));
  }
  closeSync(file);
}

function line(random: Random): string {
  const cells: (string | number | boolean)[] = [];
  for (let index = 0; index < NUMBERS; index += 1) {
    cells.push((normal(random) * (index + 1)).toFixed(4));
  }
  for (let index = 1; index <= INTEGERS; index += 1) {
    cells.push(Math.floor(random.next() * 100 * index));
  }
  const colour = (): string => COLOURS[Math.floor(random.next() * COLOURS.length)] ?? "";
  cells.push(colour(), colour(), random.next() < 0.3);
  return cells.join(",");
}

/** Box and Muller's way (1958). */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next());
}
