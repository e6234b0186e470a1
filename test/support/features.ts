import assert from "node:assert/strict";
import {
  assessDataset,
  DRIFT,
  type DriftSettings,
  type FeatureDrift,
} from "../../sidecar/core/drift/assess.ts";
import {
  addValue,
  binningOf,
  type FeatureCounts,
  startFeature,
} from "../../sidecar/core/drift/binning.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import {
  type CategoricalProfile,
  type FeatureProfile,
  type NumericProfile,
  PROFILE_FORMAT,
  quantileEdges,
  type ReferenceProfile,
} from "../../sidecar/core/drift/profile.ts";
import { startCounts, type WindowCounts } from "../../sidecar/core/drift/window.ts";
import { countsOver } from "./histogram.ts";
import type { Random } from "./random.ts";

/** A numeric feature of a reference with exactly these values; NaN is missing. */
export function numericProfile(name: string, values: readonly number[]): NumericProfile {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value, 0) / Math.max(1, n);
  const squares = sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  const { edges, deciles } = quantileEdges(sorted);
  return {
    type: "numeric",
    name,
    n,
    missing: values.length - n,
    sampledMissing: values.length - n,
    mean,
    std: Math.sqrt(squares / Math.max(1, n)),
    min: sorted[0] ?? 0,
    max: sorted.at(-1) ?? 0,
    edges,
    deciles,
    counts: countsOver(edges, sorted),
  };
}

/** A categorical feature of a reference with exactly these values, at most 100 different ones; null is missing. */
export function categoricalProfile(
  name: string,
  values: readonly (string | null)[],
): CategoricalProfile {
  const counts = new Map<string, number>();
  for (const value of values.filter((one) => one !== null)) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const missing = values.filter((value) => value === null).length;
  return {
    type: "categorical",
    name,
    n: values.length - missing,
    missing,
    sampledMissing: missing,
    categories: [...counts]
      .map(([value, count]) => ({ value, count }))
      .sort((a, b) => b.count - a.count),
    other: 0,
  };
}

/** The counts of a feature's window with these values. */
export function countsOf(feature: FeatureProfile, values: readonly unknown[]): FeatureCounts {
  const binning = binningOf(feature);
  const counts = startFeature(binning.bins);
  for (const value of values) {
    addValue(counts, binning, value);
  }
  return counts;
}

/** A profile of these features, whose hash stands for nothing. */
export function profileOf(features: readonly FeatureProfile[]): ReferenceProfile {
  const rows = features[0] === undefined ? 0 : features[0].n + features[0].missing;
  return { format: PROFILE_FORMAT, rows, sampledRows: rows, features, hash: "h" };
}

/** A window over a profile, given by each feature's values. */
export function windowOver(
  profile: ReferenceProfile,
  columns: readonly (readonly unknown[])[],
): WindowCounts {
  return {
    ...startCounts(profile, []),
    rows: columns[0]?.length ?? 0,
    features: profile.features.map((feature, index) => countsOf(feature, columns[index] ?? [])),
  };
}

/** What is said of a feature whose profile has no other. */
export function assessFeature(
  feature: FeatureProfile,
  counts: FeatureCounts,
  settings: DriftSettings = DRIFT,
): FeatureDrift {
  const profile = profileOf([feature]);
  const window = { ...startCounts(profile, []), features: [counts] };
  const [found] = assessDataset(profile, window, settings).features;
  assert(found !== undefined);
  return found;
}

/** Normal numbers of variance 1 about `mean`. */
export function normals(random: Random, count: number, mean = 0): readonly number[] {
  return Array.from({ length: count }, () => gaussian(random) + mean);
}

/** The letters of an alphabet in turn. */
export function letters(count: number, alphabet: string): readonly string[] {
  return Array.from({ length: count }, (_, row) => alphabet[row % alphabet.length] ?? "");
}
