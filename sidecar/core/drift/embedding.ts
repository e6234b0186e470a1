import { binOf, type Edges, edgesOf } from "./edges.ts";
import {
  addFeatures,
  DIMENSIONS_MAX,
  featuresOf,
  type Kernel,
  type KernelSums,
  kernelOf,
  meanOf,
  type Projection,
  projectionOf,
  startSums,
} from "./kernelMean.ts";
import { type MeanSpread, meanSpreadOf } from "./meanSpread.ts";
import { quantile } from "./profile.ts";

/** Bins of each component, of equal mass in the reference. */
const BINS = 10;
/** Fewer vectors make no profile, and are no window. */
export const EMBEDDING_ROWS_MIN = 50;

/** What is wrong with a value that should be a vector. */
export type VectorProblem = "wrongType" | "wrongDimensions" | "notFinite";

/** An embedding of the reference: plain JSON, no vector of it. */
export type EmbeddingProfile = {
  readonly name: string;
  /** The JSONPath by which documents have it, where it is no key of theirs. */
  readonly path?: string;
  readonly dimensions: number;
  /** Vectors that all this is of. */
  readonly n: number;
  readonly mean: readonly number[];
  readonly spread: MeanSpread;
  readonly components: readonly Component[];
  readonly kernel: Kernel;
  readonly kernelSums: KernelSums;
  readonly kernelSpread: MeanSpread;
};

/** One component: `edges` are the inner ones of its bins, as in numeric features. */
export type Component = {
  readonly std: number;
  readonly min: number;
  readonly max: number;
  readonly edges: readonly number[];
  readonly counts: readonly number[];
};

/** A profile made ready for windows. */
export type Embedding = {
  readonly profile: EmbeddingProfile;
  readonly projection: Projection;
  readonly edges: readonly Edges[];
};

/** The vectors of a window, as plain JSON: its size depends on the dimensions only. */
export type EmbeddingWindow = {
  n: number;
  missing: number;
  problems: Partial<Record<VectorProblem, number>>;
  sum: number[];
  /** By component, then by bin. */
  bins: number[][];
  kernel: KernelSums;
};

/** The finite vector of so many dimensions that a value is, null when it is missing (null or undefined), or what is wrong with it. */
export function vectorOf(
  value: unknown,
  dimensions: number,
): ArrayLike<number> | VectorProblem | null {
  if (value === null || value === undefined) {
    return null;
  }
  const list =
    Array.isArray(value) || value instanceof Float32Array || value instanceof Float64Array;
  if (!list) {
    return "wrongType";
  }
  if (value.length !== dimensions || dimensions > DIMENSIONS_MAX) {
    return "wrongDimensions";
  }
  return value.every((each) => Number.isFinite(each)) ? value : "notFinite";
}

/**
 * The profile of an embedding from vectors of one length, at most `DIMENSIONS_MAX`, in random order; null for fewer than 50, or without
 * dimensions. What is slow about it grows with vectors times dimensions; some thousands are plenty.
 */
export function buildEmbedding(
  name: string,
  vectors: readonly ArrayLike<number>[],
  seed: number,
): EmbeddingProfile | null {
  const dimensions = vectors[0]?.length ?? 0;
  if (vectors.length < EMBEDDING_ROWS_MIN || dimensions === 0 || dimensions > DIMENSIONS_MAX) {
    return null;
  }
  const components = Array.from({ length: dimensions }, (_, index) =>
    componentOf(Float64Array.from(vectors, (vector) => vector[index] ?? 0)),
  );
  const mean = components.map((component) => component.mean);
  const kernel = kernelOf(vectors, seed);
  const projection = projectionOf(kernel);
  const places = vectors.map((vector) => featuresOf(projection, vector));
  const kernelSums = startSums();
  for (const place of places) {
    addFeatures(kernelSums, place);
  }
  return {
    name,
    dimensions,
    n: vectors.length,
    mean,
    spread: meanSpreadOf(vectors, mean),
    components: components.map(({ mean: _, ...component }) => component),
    kernel,
    kernelSums,
    kernelSpread: meanSpreadOf(places, meanOf(kernelSums)),
  };
}

/** Made once, used for every window. */
export function embeddingOf(profile: EmbeddingProfile): Embedding {
  return {
    profile,
    projection: projectionOf(profile.kernel),
    edges: profile.components.map(({ edges }) => edgesOf(edges)),
  };
}

/** A window without vectors. */
export function startEmbedding({ profile }: Embedding): EmbeddingWindow {
  return {
    n: 0,
    missing: 0,
    problems: {},
    sum: new Array<number>(profile.dimensions).fill(0),
    bins: profile.components.map(({ counts }) => new Array<number>(counts.length).fill(0)),
    kernel: startSums(),
  };
}

/** Counts one value, whatever it is; what is no vector of the right length is missing, with its problem. Takes 256 products for each dimension. */
export function addVector(embedding: Embedding, window: EmbeddingWindow, value: unknown): void {
  const vector = vectorOf(value, embedding.profile.dimensions);
  if (vector === null || typeof vector === "string") {
    window.missing += 1;
    if (vector !== null) {
      window.problems[vector] = (window.problems[vector] ?? 0) + 1;
    }
    return;
  }
  window.n += 1;
  for (const [index, edges] of embedding.edges.entries()) {
    const component = vector[index] ?? 0;
    window.sum[index] = (window.sum[index] ?? 0) + component;
    const bins = window.bins[index] ?? [];
    const bin = binOf(edges, component);
    bins[bin] = (bins[bin] ?? 0) + 1;
  }
  addFeatures(window.kernel, featuresOf(embedding.projection, vector));
}

function componentOf(values: Float64Array): Component & { readonly mean: number } {
  const sorted = values.sort();
  const n = sorted.length;
  const mean = sorted.reduce((sum, value) => sum + value / n, 0);
  const variance = sorted.reduce((sum, value) => sum + (value - mean) ** 2 / n, 0);
  // Six digits keep the profile of thousands of dimensions small.
  const quantiles = Array.from({ length: BINS - 1 }, (_, part) =>
    Number(quantile(sorted, part + 1, BINS).toPrecision(6)),
  );
  const edges = [...new Set(quantiles)];
  const counts = new Array<number>(edges.length + 1).fill(0);
  const search = edgesOf(edges);
  for (const value of sorted) {
    const bin = binOf(search, value);
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return {
    mean,
    std: Math.sqrt(variance),
    min: sorted[0] ?? 0,
    max: sorted[n - 1] ?? 0,
    edges,
    counts,
  };
}
