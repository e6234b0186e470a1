import type { DatabaseSync, SQLOutputValue } from "node:sqlite";
import { StoreError } from "../ports.ts";

/** A row by its columns. */
export type Row = Record<string, SQLOutputValue>;

/** Every row that a query gives. */
export function all(database: DatabaseSync, sql: string, ...values: readonly string[]): Row[] {
  return database.prepare(sql).all(...values);
}

/** Runs a statement that gives no rows. */
export function run(
  database: DatabaseSync,
  sql: string,
  values: readonly (string | number)[],
): void {
  database.prepare(sql).run(...values);
}

/** The text in a column; throws StoreError where there is none. */
export function text(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== "string") {
    throw new StoreError("broken", `column ${column} holds no text`);
  }
  return value;
}

/** The number in a column; throws StoreError where there is none. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== "number") {
    throw new StoreError("broken", `column ${column} holds no number`);
  }
  return value;
}
