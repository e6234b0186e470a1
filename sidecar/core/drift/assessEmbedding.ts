import { percent } from "../words.ts";
import { chiSquare } from "./chiSquare.ts";
import {
  type Component,
  EMBEDDING_ROWS_MIN,
  type Embedding,
  type EmbeddingWindow,
} from "./embedding.ts";
import { meanOf, mmdSquared, squaredDistance } from "./kernelMean.ts";
import { meanDistanceCritical, meanDistancePValue } from "./meanSpread.ts";
import { wassersteinFromCounts } from "./wasserstein.ts";

/** From which effects on an embedding has drifted, and the chance of an alarm where nothing changes. */
export type EmbeddingSettings = {
  /** Of the means: cosine distance, and Euclidean distance in units of the reference's spread. */
  readonly distance: number;
  /** Wasserstein's distance of a component in its standard deviations, and the share of components beyond it. */
  readonly componentDistance: number;
  readonly componentShare: number;
  readonly mmdSquared: number;
  readonly alpha: number;
};

/** Evidently's thresholds for the means and components; one false alarm in a thousand windows. */
export const EMBEDDING_DEFAULTS: EmbeddingSettings = {
  distance: 0.2,
  componentDistance: 0.1,
  componentShare: 0.2,
  mmdSquared: 0.01,
  alpha: 0.001,
};

/** What is known and said of an embedding in a window. */
export type EmbeddingDrift = {
  readonly name: string;
  readonly type: "embedding";
  readonly n: number;
  readonly missing: number;
  /** Of the mean vectors: 1 - cos of their angle, in [0, 2]; their distance; and that in units of the reference's root mean squared distance from its mean. */
  readonly cosine: number;
  readonly euclidean: number;
  readonly shift: number;
  /** Chance of such a distance of the means where nothing changes. */
  readonly meanPValue: number;
  /** Share of components that have drifted. */
  readonly componentShare: number;
  readonly mmd: { readonly squared: number; readonly pValue: number };
  readonly drifted: boolean;
  readonly reasons: readonly string[];
};

/** 1 - cos of the angle between two vectors, in [0, 2]; 1 where one of them is 0. */
export function cosineDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let [product, first, second] = [0, 0, 0];
  for (let index = 0; index < a.length; index += 1) {
    const [x, y] = [a[index] ?? 0, b[index] ?? 0];
    product += x * y;
    first += x * x;
    second += y * y;
  }
  return first > 0 && second > 0 ? 1 - product / Math.sqrt(first * second) : 1;
}

/**
 * Judges a window of vectors against its reference; null for fewer than 50. It has drifted where an effect reaches its threshold *and* chance does
 * not explain it. Three tests share `alpha`:
 * - the means' distance (and from it their angle: a mean that is off by r turns by at most asin(r / length));
 * - the share of components whose Wasserstein distance and chi-square both say drift, each at alpha times the share: by Markov's inequality
 *   the share is then exceeded with chance alpha at most, however the components depend on each other;
 * - the means' distance in the kernel's space.
 */
export function assessEmbedding(
  embedding: Embedding,
  window: EmbeddingWindow,
  settings: EmbeddingSettings = EMBEDDING_DEFAULTS,
): EmbeddingDrift | null {
  if (window.n < EMBEDDING_ROWS_MIN) {
    return null;
  }
  const { profile } = embedding;
  const alpha = settings.alpha / 3;
  const means = meansOf(embedding, window, alpha);
  const mmd = mmdOf(embedding, window);
  const componentShare =
    profile.components.filter((component, index) =>
      componentDrifted(component, window.bins[index] ?? [], {
        distance: settings.componentDistance,
        alpha: alpha * settings.componentShare,
      }),
    ).length / profile.dimensions;
  const reasons = [
    ...(means.shift > settings.distance && means.meanPValue <= alpha
      ? [`the mean has moved by ${means.shift.toFixed(2)} of the reference's spread`]
      : []),
    ...(means.cosine > Math.max(settings.distance, means.cosineCritical)
      ? [`the mean has turned: cosine distance ${means.cosine.toFixed(2)}`]
      : []),
    ...(componentShare > settings.componentShare
      ? [`${percent(componentShare, 2)} of the components have drifted`]
      : []),
    ...(mmd.squared > settings.mmdSquared && mmd.pValue <= alpha
      ? [`the vectors' mean in the kernel's space has moved: MMD² ${mmd.squared.toFixed(4)}`]
      : []),
  ];
  const { cosineCritical: _, ...told } = means;
  const problems = Object.entries(window.problems).map(
    ([kind, count]) => `${count} values are no such vectors (${kind}): missing`,
  );
  return {
    name: profile.name,
    type: "embedding",
    n: window.n,
    missing: window.missing,
    ...told,
    componentShare,
    mmd,
    drifted: reasons.length > 0,
    reasons: [...reasons, ...problems],
  };
}

function meansOf({ profile }: Embedding, { n, sum }: EmbeddingWindow, alpha: number) {
  const mean = sum.map((value) => value / n);
  const squared = squaredDistance(profile.mean, mean);
  const sizes = { referenceRows: profile.n, currentRows: n };
  const length = squaredDistance(
    profile.mean,
    mean.map(() => 0),
  );
  const turn = meanDistanceCritical(profile.spread, sizes, alpha) / length;
  return {
    cosine: cosineDistance(profile.mean, mean),
    cosineCritical: turn < 1 ? 1 - Math.sqrt(1 - turn) : 2,
    euclidean: Math.sqrt(squared),
    shift: squared === 0 ? 0 : Math.sqrt(squared / profile.spread.traces[0]),
    meanPValue: meanDistancePValue(profile.spread, sizes, squared),
  };
}

function mmdOf({ profile }: Embedding, { kernel }: EmbeddingWindow): EmbeddingDrift["mmd"] {
  const sizes = { referenceRows: profile.kernelSums.n, currentRows: kernel.n };
  const distance = squaredDistance(meanOf(profile.kernelSums), meanOf(kernel));
  return {
    squared: mmdSquared(profile.kernelSums, kernel),
    pValue: meanDistancePValue(profile.kernelSpread, sizes, distance),
  };
}

function componentDrifted(
  { std, min, max, edges, counts }: Component,
  current: readonly number[],
  limits: { readonly distance: number; readonly alpha: number },
): boolean {
  const { distance } = wassersteinFromCounts({ edges, min, max, reference: counts, current });
  if (!(distance > limits.distance * std)) {
    return false;
  }
  const test = chiSquare({ reference: counts, current });
  return test !== null && test.pValue <= limits.alpha;
}
