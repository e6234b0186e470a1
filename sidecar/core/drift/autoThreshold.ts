import { type FeatureCounts, mergeFeature, startFeature } from "./binning.ts";
import { type Measures, measureFeature } from "./measure.ts";
import type { AutoThresholds, FeatureProfile } from "./profile.ts";
import { sum } from "./shares.ts";

/** Fewer chunks say too little of how chunks differ. */
export const CHUNKS_MIN = 10;
const DEVIATIONS = 3;

/** The numbers that a threshold is set for. `wasserstein` is in standard deviations of the reference. */
export type Effects = {
  readonly psi: number | null;
  readonly ks: number | null;
  readonly js: number | null;
  readonly wasserstein: number | null;
};

/** The effects among what was measured. */
export function effectsOf({ psi, ks, js, wasserstein }: Measures): Effects {
  return {
    psi,
    ks: ks?.statistic ?? null,
    js,
    wasserstein: wasserstein?.distance ?? null,
  };
}

/**
 * Thresholds from the reference itself: it is cut into chunks of equal length, in its own order, each chunk is held against all others, and what
 * lies three standard deviations above the mean of that is beyond the reference's usual unrest (NannyML's rule; there a chunk is also part of what
 * it is held against). For windows of about the chunks' size: smaller ones differ by chance alone. Null with fewer than `CHUNKS_MIN` chunks.
 */
export function autoThresholds(
  feature: FeatureProfile,
  chunks: readonly FeatureCounts[],
): AutoThresholds {
  const all = chunks.reduce(mergeFeature, startFeature(chunks[0]?.bins.length ?? 0));
  const effects = chunks.map((chunk) =>
    effectsOf(measureFeature(referenceWithout(feature, all, chunk), chunk)),
  );
  const rows = chunks.map(({ n, missing }) => n + missing);
  const threshold = (effect: keyof Effects): number | null =>
    usualMost(effects.flatMap((one) => one[effect] ?? []));
  return {
    chunkRows: Math.round(sum(rows) / Math.max(1, rows.length)),
    chunks: chunks.length,
    psi: threshold("psi"),
    ks: threshold("ks"),
    js: threshold("js"),
    wasserstein: threshold("wasserstein"),
  };
}

/** The mean and three standard deviations more (which divide by n). */
function usualMost(values: readonly number[]): number | null {
  if (values.length < CHUNKS_MIN) {
    return null;
  }
  const mean = sum(values) / values.length;
  const variance = sum(values.map((value) => (value - mean) ** 2)) / values.length;
  return mean + DEVIATIONS * Math.sqrt(variance);
}

/** The feature as if the reference were all chunks but one. */
function referenceWithout(
  feature: FeatureProfile,
  all: FeatureCounts,
  chunk: FeatureCounts,
): FeatureProfile {
  const counts = all.bins.map((count, bin) => count - (chunk.bins[bin] ?? 0));
  const sampledMissing = all.missing - chunk.missing;
  return feature.type === "numeric"
    ? { ...feature, counts, sampledMissing }
    : {
        ...feature,
        categories: feature.categories.map(({ value }, bin) => ({
          value,
          count: counts[bin] ?? 0,
        })),
        other: counts.at(-1) ?? 0,
        sampledMissing,
      };
}
