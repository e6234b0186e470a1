import { addValue, binningOf, startFeature } from "../../sidecar/core/drift/binning.ts";
import {
  assessMultivariate,
  buildMultivariate,
  type Multivariate,
  type MultivariateDrift,
  multivariateOf,
  startMultivariate,
} from "../../sidecar/core/drift/multivariate.ts";
import { type FeatureProfile, quantileEdges } from "../../sidecar/core/drift/profile.ts";
import { codesOf, codingsOf } from "../../sidecar/core/drift/rowCodes.ts";
import { offerRow } from "../../sidecar/core/drift/rowSample.ts";

/** A row by feature names. */
export type Row = Readonly<Record<string, number | string | null>>;

/** The profiles of the features of some rows: numbers where the first row has one, categories elsewhere. */
export function featuresOfRows(rows: readonly Row[]): readonly FeatureProfile[] {
  return Object.entries(rows[0] ?? {}).map(([name, first]) => {
    const values = rows.map((row) => row[name] ?? null);
    return typeof first === "number" ? numeric(name, values) : categorical(name, values);
  });
}

/** What rows say of all features together, made ready; and how to assess windows on it. */
export function multivariateOfRows(rows: readonly Row[]): Multivariate {
  const features = featuresOfRows(rows);
  const codings = codingsOf(features);
  const built = buildMultivariate(
    features,
    rows.map((row) => codesOf(codings, row)),
    1,
  );
  if (built === null) {
    throw new Error("too few rows or features for a profile of all together");
  }
  return multivariateOf(features, built);
}

/** What a window of these rows is assessed as. */
export function assessRows(
  multivariate: Multivariate,
  rows: readonly Row[],
): MultivariateDrift | null {
  const window = startMultivariate(multivariate, 2);
  for (const row of rows) {
    offerRow(window, () => codesOf(multivariate.codings, row));
  }
  return assessMultivariate(multivariate, window);
}

function numeric(name: string, values: readonly unknown[]): FeatureProfile {
  const sorted = values.filter((value) => typeof value === "number").sort((a, b) => a - b);
  const { edges, deciles } = quantileEdges(sorted);
  const mean = sorted.reduce((sum, value) => sum + value / sorted.length, 0);
  const square = sorted.reduce((sum, value) => sum + (value - mean) ** 2 / sorted.length, 0);
  const empty: FeatureProfile = {
    type: "numeric",
    name,
    n: sorted.length,
    missing: values.length - sorted.length,
    sampledMissing: values.length - sorted.length,
    mean,
    std: Math.sqrt(square),
    min: sorted.at(0) ?? 0,
    max: sorted.at(-1) ?? 0,
    edges,
    deciles,
    counts: [],
  };
  return { ...empty, counts: binsOf(empty, values) };
}

function categorical(name: string, values: readonly unknown[]): FeatureProfile {
  const counts = new Map<string, number>();
  for (const value of values.filter((value) => typeof value === "string")) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const categories = [...counts].map(([value, count]) => ({ value, count }));
  return {
    type: "categorical",
    name,
    n: values.length,
    missing: 0,
    sampledMissing: 0,
    categories: categories.sort((a, b) => b.count - a.count),
    other: 0,
  };
}

function binsOf(feature: FeatureProfile, values: readonly unknown[]): readonly number[] {
  const binning = binningOf(feature);
  const counts = startFeature(binning.bins);
  for (const value of values) {
    addValue(counts, binning, value);
  }
  return counts.bins;
}
