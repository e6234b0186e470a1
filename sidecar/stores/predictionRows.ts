import type { SQLOutputValue } from "node:sqlite";
import { assert } from "../core/assert.ts";
import type { MaturedCase } from "../core/performance/maturity.ts";
import type { LabelValue } from "../core/performance/prediction.ts";
import { decodePrediction } from "./predictionCodec.ts";

/** A row as SQLite gives it. */
export type Row = Record<string, SQLOutputValue>;

/** The case in a row of `cases`. */
export function caseOf(row: Row): MaturedCase {
  const { by_primary: primary, by_candidate: candidate } = row;
  return {
    id: String(row.id),
    atMs: integer(row, "at_ms"),
    label: labelIn(row),
    predictions: {
      ...(typeof primary === "string" ? { primary: decodePrediction(primary) } : {}),
      ...(typeof candidate === "string" ? { candidate: decodePrediction(candidate) } : {}),
    },
  };
}

/** The label in a row, if there is one. */
export function labelIn({ label }: Row): LabelValue | undefined {
  return typeof label === "string" || typeof label === "number" ? label : undefined;
}

/** A whole number in a row. */
export function integer(row: Row, column: string): number {
  const value = row[column];
  assert(typeof value === "number", `column ${column} holds no number`);
  return value;
}

/** The rows of cases in the order in which they are handed out: by age, then as they were recorded. */
export function inOrder(rows: readonly Row[]): readonly Row[] {
  return rows.toSorted(
    (a, b) => integer(a, "at_ms") - integer(b, "at_ms") || integer(a, "no") - integer(b, "no"),
  );
}
