import type { Cells } from "../drift/chiSquare.ts";

/** A column as Evidently sees it, without missing values and infinities: ascending numbers, or how often each category occurs. */
export type Column =
  | { readonly type: "numeric"; readonly values: ArrayLike<number> }
  | { readonly type: "categorical"; readonly counts: ReadonlyMap<string, number> };

/** The same column of the reference and of what is current; both are of one type. */
export type Columns = { readonly reference: Column; readonly current: Column };

/** A numeric column with more different values in the reference is binned, one with fewer is taken for categories. */
const DISTINCT_MAX = 20;

/** How many values a column has. */
export function sizeOf(column: Column): number {
  return column.type === "numeric"
    ? column.values.length
    : [...column.counts.values()].reduce((sum, count) => sum + count, 0);
}

/** How many different values both columns have together. */
export function distinctCount({ reference, current }: Columns): number {
  return new Set([...tally(reference).keys(), ...tally(current).keys()]).size;
}

/** Both columns' counts over all values that either has. */
export function byValue({ reference, current }: Columns): Cells {
  const [from, to] = [tally(reference), tally(current)];
  const values = [...new Set([...from.keys(), ...to.keys()])];
  return {
    reference: values.map((value) => from.get(value) ?? 0),
    current: values.map((value) => to.get(value) ?? 0),
  };
}

/** Both columns' counts over Sturges's bins of all values where the reference has more than 20 different numbers, else over the values. */
export function byBinOrValue(columns: Columns): Cells {
  const { reference, current } = columns;
  const binned =
    reference.type === "numeric" &&
    current.type === "numeric" &&
    tally(reference).size > DISTINCT_MAX;
  return binned
    ? histograms(sturgesEdges([reference.values, current.values]), reference.values, current.values)
    : byValue(columns);
}

/** Both columns' counts over Sturges's bins of the different values (not of all), as Evidently's Hellinger distance has it; of categories over those. */
export function byDistinctBin(columns: Columns): Cells {
  const { reference, current } = columns;
  if (reference.type !== "numeric" || current.type !== "numeric") {
    return byValue(columns);
  }
  const distinct = [...new Set([...Array.from(reference.values), ...Array.from(current.values)])];
  const sorted = Float64Array.from(distinct).sort();
  return histograms(sturgesEdges([sorted]), reference.values, current.values);
}

/**
 * The edges of log2(n) + 1 (rounded up) bins of equal width over the range of ascending samples with n values together (Sturges 1926, as numpy
 * has it); one bin around a constant. At least one value.
 */
export function sturgesEdges(samples: readonly ArrayLike<number>[]): readonly number[] {
  const filled = samples.filter((sample) => sample.length > 0);
  const from = Math.min(...filled.map((sample) => sample[0] ?? 0));
  const to = Math.max(...filled.map((sample) => sample[sample.length - 1] ?? 0));
  const n = filled.reduce((sum, sample) => sum + sample.length, 0);
  if (from === to) {
    return [from - 0.5, to + 0.5];
  }
  const bins = Math.ceil((to - from) / ((to - from) / (Math.log2(n) + 1)));
  const step = (to - from) / bins;
  return Array.from({ length: bins + 1 }, (_, edge) => (edge === bins ? to : from + edge * step));
}

/** Counts over [e0, e1), [e1, e2), ... with the last bin closed. Samples are ascending and within the edges. */
function histograms(
  edges: readonly number[],
  reference: ArrayLike<number>,
  current: ArrayLike<number>,
): Cells {
  return { reference: histogram(edges, reference), current: histogram(edges, current) };
}

function histogram(edges: readonly number[], values: ArrayLike<number>): readonly number[] {
  const counts = new Array<number>(edges.length - 1).fill(0);
  let bin = 0;
  for (const value of Array.from(values)) {
    while (bin < counts.length - 1 && value >= (edges[bin + 1] ?? value + 1)) {
      bin += 1;
    }
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

function tally(column: Column): ReadonlyMap<string | number, number> {
  if (column.type === "categorical") {
    return column.counts;
  }
  const counts = new Map<number, number>();
  for (const value of Array.from(column.values)) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return counts;
}
