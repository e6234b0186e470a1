import type { FeatureCounts } from "./binning.ts";

/** Cells of equal width between the first and the last edge; more of them leave fewer edges to each. */
const CELLS = 1_024;

/** Finds bins faster than a search among all edges: by cells of equal width, of which few have more than one edge. */
export type BinFinder = {
  readonly edges: Float64Array;
  readonly from: number;
  readonly cellsPerUnit: number;
  /** How many edges lie in the cells before each cell; one more entry than there are cells. */
  readonly before: Int32Array;
};

/** Made once per feature. */
export function finderOf(edges: Float64Array): BinFinder {
  const [from = 0, to = 0] = [edges[0], edges.at(-1)];
  const perUnit = CELLS / (to - from);
  const cellsPerUnit = Number.isFinite(perUnit) && to > from ? perUnit : 0;
  const before = new Int32Array(CELLS + 2);
  for (const edge of edges) {
    const cell = cellOf(edge, from, cellsPerUnit);
    before[cell + 1] = (before[cell + 1] ?? 0) + 1;
  }
  for (let cell = 1; cell < before.length; cell += 1) {
    before[cell] = (before[cell] ?? 0) + (before[cell - 1] ?? 0);
  }
  return { edges, from, cellsPerUnit, before };
}

/**
 * The first bin whose upper edge is at least the number, which is not NaN. Cells grow with numbers, rounding included, so edges in earlier cells
 * are smaller than the number and those in later cells greater: only its own cell's edges are compared.
 */
export function findBin({ edges, from, cellsPerUnit, before }: BinFinder, number: number): number {
  const cell = cellOf(number, from, cellsPerUnit);
  let low = before[cell] ?? 0;
  let high = before[cell + 1] ?? edges.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((edges[middle] ?? 0) < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Counts many numbers, NaN for none: the same as `addValue` of each, in a third of the time. */
export function countNumbers(
  counts: FeatureCounts,
  finder: BinFinder,
  numbers: Float64Array,
): void {
  const { bins } = counts;
  let n = 0;
  for (const number of numbers) {
    if (!Number.isNaN(number)) {
      const bin = findBin(finder, number);
      bins[bin] = (bins[bin] ?? 0) + 1;
      n += 1;
    }
  }
  counts.n += n;
  counts.missing += numbers.length - n;
  const infinite = n - addFinite(counts, numbers);
  if (infinite > 0) {
    counts.problems.infinite = (counts.problems.infinite ?? 0) + infinite;
  }
}

/** Adds the finite numbers to sum and range, and returns how many there are. */
function addFinite(counts: FeatureCounts, numbers: Float64Array): number {
  let [finite, sum] = [0, counts.sum];
  let min = counts.min ?? Number.POSITIVE_INFINITY;
  let max = counts.max ?? Number.NEGATIVE_INFINITY;
  for (const number of numbers) {
    if (Number.isFinite(number)) {
      finite += 1;
      sum += number;
      min = number < min ? number : min;
      max = number > max ? number : max;
    }
  }
  if (finite > 0) {
    Object.assign(counts, { sum, min, max });
  }
  return finite;
}

/** Between 0 and CELLS, growing with the number. */
function cellOf(number: number, from: number, cellsPerUnit: number): number {
  const cell = (number - from) * cellsPerUnit;
  if (cell >= CELLS) {
    return CELLS;
  }
  return cell > 0 ? Math.trunc(cell) : 0;
}
