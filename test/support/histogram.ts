import { addValue, binningOf, startFeature } from "../../sidecar/core/drift/binning.ts";

/** How many of the values fall into each bin between these inner edges. */
export function countsOver(edges: readonly number[], values: readonly number[]): readonly number[] {
  const binning = binningOf({
    type: "numeric",
    name: "x",
    n: 0,
    missing: 0,
    sampledMissing: 0,
    mean: 0,
    std: 0,
    min: 0,
    max: 0,
    edges,
    deciles: [],
    counts: [],
  });
  const counts = startFeature(binning.bins);
  for (const value of values) {
    addValue(counts, binning, value);
  }
  return counts.bins;
}
