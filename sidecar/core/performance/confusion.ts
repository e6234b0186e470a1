/** Classes that are told apart; whatever comes after them is one more class, `OTHER`, without scores of its own. */
export const CLASSES_MAX = 50;

/** Index of every class beyond the bound. */
const OTHER = -1;

/**
 * How often each class was predicted for each true one. Plain JSON; only the cells that occurred are kept, named "truth,predicted" by the
 * places of both in `classes` (-1 for the classes beyond the bound).
 */
export type Confusion = {
  readonly classesMax: number;
  /** In the order in which they came up. */
  readonly classes: string[];
  readonly cells: Record<string, number>;
  n: number;
  /** Predictions that equal their truth, also where both are beyond the bound. */
  correct: number;
  /** Predictions where at least one of the two is a class beyond the bound. */
  overflow: number;
};

/** What is known of one class: true and false positives, false negatives. Its support is tp + fn. */
export type ClassCount = { readonly tp: number; readonly fp: number; readonly fn: number };

/** Nothing counted. Classes that are named here have their place for sure, whatever comes up later. */
export function noConfusion(
  classes: readonly string[] = [],
  classesMax: number = CLASSES_MAX,
): Confusion {
  return {
    classesMax,
    classes: classes.slice(0, classesMax),
    cells: {},
    n: 0,
    correct: 0,
    overflow: 0,
  };
}

/** Counts one labelled prediction. */
export function addOutcome(
  confusion: Confusion,
  { truth, predicted }: { readonly truth: string; readonly predicted: string },
): void {
  const [row, column] = [placeOf(confusion, truth), placeOf(confusion, predicted)];
  addCell(confusion, { row, column, count: 1 });
  confusion.n += 1;
  confusion.correct += truth === predicted ? 1 : 0;
}

/** Sums two: merge(a, b) equals of(a ++ b), of one bound, while both together have no more classes. */
export function mergeConfusions(a: Confusion, b: Confusion): Confusion {
  const sum: Confusion = { ...a, classes: [...a.classes], cells: { ...a.cells } };
  const places = b.classes.map((name) => placeOf(sum, name));
  for (const { row, column, count } of cellsOf(b)) {
    addCell(sum, { row: places[row] ?? OTHER, column: places[column] ?? OTHER, count });
  }
  sum.n += b.n;
  sum.correct += b.correct;
  return sum;
}

/** The counts of each class, in the order of `classes`. */
export function countsByClass({ classes, cells }: Confusion): readonly ClassCount[] {
  const counts = classes.map(() => ({ tp: 0, fp: 0, fn: 0 }));
  for (const { row, column, count } of cellsOf({ cells })) {
    const [truth, predicted] = [counts[row], counts[column]];
    if (truth !== undefined && row === column) {
      truth.tp += count;
      continue;
    }
    if (truth !== undefined) {
      truth.fn += count;
    }
    if (predicted !== undefined) {
      predicted.fp += count;
    }
  }
  return counts;
}

/** How often each class was true and predicted, the classes beyond the bound last, as one. */
export function marginsOf({ classes, cells }: Confusion): {
  readonly truths: readonly number[];
  readonly predictions: readonly number[];
} {
  const truths = new Array<number>(classes.length + 1).fill(0);
  const predictions = [...truths];
  const at = (place: number) => (place === OTHER ? classes.length : place);
  for (const { row, column, count } of cellsOf({ cells })) {
    truths[at(row)] = (truths[at(row)] ?? 0) + count;
    predictions[at(column)] = (predictions[at(column)] ?? 0) + count;
  }
  return { truths, predictions };
}

type Cell = { readonly row: number; readonly column: number; readonly count: number };

function* cellsOf({ cells }: Pick<Confusion, "cells">): Generator<Cell> {
  for (const [name, count] of Object.entries(cells)) {
    const [row = OTHER, column = OTHER] = name.split(",").map(Number);
    yield { row, column, count };
  }
}

function addCell(confusion: Confusion, { row, column, count }: Cell): void {
  const name = `${row},${column}`;
  confusion.cells[name] = (confusion.cells[name] ?? 0) + count;
  confusion.overflow += row === OTHER || column === OTHER ? count : 0;
}

function placeOf({ classes, classesMax }: Confusion, name: string): number {
  const place = classes.indexOf(name);
  if (place !== OTHER || classes.length >= classesMax) {
    return place;
  }
  return classes.push(name) - 1;
}
