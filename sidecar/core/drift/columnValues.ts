import { noteProblem, type ProblemLog, quoted } from "./problemLog.ts";
import { CATEGORY_LENGTH_MAX } from "./profile.ts";
import type { Batch } from "./table.ts";
import { categoryOf, numberOf, type Problem, WHAT } from "./value.ts";

/** Where problems are told, and of which column of a batch. */
export type ColumnAt = {
  readonly batch: Batch;
  readonly column: number;
  readonly problems: ProblemLog;
};

/** A column's numbers, NaN for none; what is odd is told. */
export async function numbersIn(at: ColumnAt): Promise<Float64Array> {
  const { values, odd } = await at.batch.readNumbers(at.column);
  for (const { index, value } of odd) {
    values[index] = numberOf(value, (problem) => tell(at, index, { problem, value }));
  }
  if (!allFinite(values)) {
    for (const [index, value] of values.entries()) {
      if (Math.abs(value) === Number.POSITIVE_INFINITY) {
        tell(at, index, { problem: "infinite", value });
      }
    }
  }
  return values;
}

/** One sum tells: what is not finite makes it NaN. */
function allFinite(values: Float64Array): boolean {
  let nothing = 0;
  for (let index = 0; index < values.length; index += 1) {
    const value = values[index] ?? Number.NaN;
    nothing += value - value;
  }
  return nothing === 0;
}

/** A column's categories, null for none; what is odd is told. */
export async function categoriesIn(at: ColumnAt): Promise<(string | null)[]> {
  const values = await at.batch.read(at.column);
  const categories = new Array<string | null>(at.batch.rows);
  for (let index = 0; index < categories.length; index += 1) {
    const value = values[index];
    const isPlain =
      typeof value === "string" && value !== "" && value.length <= CATEGORY_LENGTH_MAX;
    categories[index] = isPlain
      ? value
      : categoryOf(value, (problem) => tell(at, index, { problem, value }));
  }
  return categories;
}

/** Tells what is odd about a value of a column. */
export function tell(
  { batch, column, problems }: ColumnAt,
  index: number,
  { problem, value }: { readonly problem: Problem; readonly value: unknown },
): void {
  noteProblem(problems, {
    kind: problem,
    row: batch.firstRow + index,
    column: batch.columns[column] ?? null,
    what: `${shown(value)} is ${WHAT[problem]}`,
  });
}

function shown(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return Array.isArray(value) ? `a list of ${value.length}` : "an object";
  }
  return typeof value === "string" ? quoted(value) : String(value);
}
