/** Cells of equal width for each edge: with more of them fewer cells have several edges. */
const CELLS_PER_EDGE = 8;

/** The ascending inner edges of bins, made ready for finding many numbers' bins: by cells of equal width, of which few have more than one edge. */
export type Edges = {
  readonly values: Float64Array;
  readonly from: number;
  readonly cells: number;
  readonly cellsPerUnit: number;
  /** How many edges lie in the cells before each cell; one more entry than there are cells. */
  readonly before: Int32Array;
};

/** Made once for each list of edges, of any length. */
export function edgesOf(edges: readonly number[]): Edges {
  const values = Float64Array.from(edges);
  const cells = CELLS_PER_EDGE * values.length;
  const [from = 0, to = 0] = [values[0], values.at(-1)];
  const perUnit = cells / (to - from);
  const cellsPerUnit = Number.isFinite(perUnit) && to > from ? perUnit : 0;
  const before = new Int32Array(cells + 2);
  const found = { values, from, cells, cellsPerUnit, before };
  for (const edge of values) {
    const cell = cellOf(found, edge);
    before[cell + 1] = (before[cell + 1] ?? 0) + 1;
  }
  for (let cell = 1; cell < before.length; cell += 1) {
    before[cell] = (before[cell] ?? 0) + (before[cell - 1] ?? 0);
  }
  return found;
}

/**
 * The bin of a number that is not NaN: the first one whose upper edge is at least the number. Cells grow with numbers, rounding included, so edges in
 * earlier cells are smaller than the number and those in later cells greater: only its own cell's edges are compared.
 */
export function binOf(edges: Edges, number: number): number {
  const { values, before } = edges;
  const cell = cellOf(edges, number);
  let low = before[cell] ?? 0;
  let high = before[cell + 1] ?? values.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((values[middle] ?? 0) < number) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Between 0 and the number of cells, growing with the number. */
function cellOf({ from, cells, cellsPerUnit }: Omit<Edges, "values">, number: number): number {
  const cell = (number - from) * cellsPerUnit;
  if (cell >= cells) {
    return cells;
  }
  return cell > 0 ? cell | 0 : 0;
}
