import type { EmbeddingProfile } from "./embedding.ts";
import type { MultivariateProfile } from "./multivariate.ts";
import type { TextProfile } from "./text.ts";

/** Names the format and its version; a profile of another one is refused by who reads it. */
export const PROFILE_FORMAT = "understudy.dev/profile/v1";
/** How many categories of a feature are told apart; all others are one. */
export const CATEGORIES_MAX = 100;
/** Longer texts are no category: they count as another one. In UTF-16 units. */
export const CATEGORY_LENGTH_MAX = 256;
/** Bins of equal mass that a numeric feature is counted in; a multiple of ten, so that each tenth of the mass ends at an edge. */
const BINS = 130;
const TENTHS = 10;

/**
 * What a model was trained on, as far as drift is concerned: plain JSON, built once, never changed. Whatever is counted later is counted
 * on its bins, so that windows merge by addition and every number is exact on them.
 */
export type ReferenceProfile = {
  readonly format: typeof PROFILE_FORMAT;
  /** Rows read. */
  readonly rows: number;
  /** Rows that `counts` stand for: all, or a uniform sample. Every test takes this for the size of the reference. */
  readonly sampledRows: number;
  readonly features: readonly FeatureProfile[];
  /** What is needed to see all features together; absent for fewer than two features or 50 rows. */
  readonly multivariate?: MultivariateProfile;
  /** Columns of free text, and of vectors of one length; absent without any. */
  readonly texts?: readonly TextProfile[];
  readonly embeddings?: readonly EmbeddingProfile[];
  /** SHA-256 (hexadecimal) of the profile's canonical JSON without this field. */
  readonly hash: string;
};

/** One feature of the reference, or the prediction. */
export type FeatureProfile = NumericProfile | CategoricalProfile;

type Common = {
  readonly name: string;
  /** The JSONPath (RFC 9535) by which documents have it, where it is no key of theirs. */
  readonly path?: string;
  /** Where it is what the model said. */
  readonly role?: "prediction";
  /** The name of the text that it is a number of. */
  readonly text?: string;
  /** Usable values of all rows, and rows without one. */
  readonly n: number;
  readonly missing: number;
  /** Rows without a usable value among the sampled ones. */
  readonly sampledMissing: number;
  /** Limits found on the reference's own chunks, where `threshold: auto` was asked for. */
  readonly autoThresholds?: AutoThresholds;
};

/** A feature that is measured. */
export type NumericProfile = Common & {
  readonly type: "numeric";
  /** Of all finite values; `std` divides by n. All 0 without any. */
  readonly mean: number;
  readonly std: number;
  readonly min: number;
  readonly max: number;
  /** Ascending inner edges; bin i is (edges[i-1], edges[i]], the first and the last one are open. */
  readonly edges: readonly number[];
  /** Those of `edges` that end the bins of PSI: the deciles. */
  readonly deciles: readonly number[];
  /** Sampled values by bin: one more than edges. */
  readonly counts: readonly number[];
};

/** A feature with names for values. */
export type CategoricalProfile = Common & {
  readonly type: "categorical";
  /** The most frequent values, at most `CATEGORIES_MAX`, by count, then by name, with their sampled rows. */
  readonly categories: readonly { readonly value: string; readonly count: number }[];
  /** Sampled rows with any other value. When it is 0, a value that isn't listed is new. */
  readonly other: number;
};

/** What windows of `chunkRows` rows of the reference itself hardly ever exceed; null where it could not be found. */
export type AutoThresholds = {
  readonly chunkRows: number;
  readonly chunks: number;
  readonly psi: number | null;
  readonly ks: number | null;
  readonly js: number | null;
  readonly wasserstein: number | null;
};

/**
 * The inner edges of a numeric feature's bins from its ascending finite values: 129 quantiles of type 7 (Hyndman and Fan 1996; numpy's
 * default), each once, with every tenth of the mass among them as `deciles`. Where the least value is an edge, another one just below keeps
 * what is smaller out of its bin. Both empty without values.
 */
export function quantileEdges(sorted: ArrayLike<number>): {
  readonly edges: readonly number[];
  readonly deciles: readonly number[];
} {
  const least = sorted[0];
  if (least === undefined) {
    return { edges: [], deciles: [] };
  }
  const quantiles = distinctQuantiles(sorted, BINS);
  const deciles = distinctQuantiles(sorted, TENTHS);
  const edges = quantiles[0] === least ? [justBelow(least), ...quantiles] : quantiles;
  return { edges, deciles: least === sorted[sorted.length - 1] ? edges : deciles };
}

/** The quantile `part` / `parts` of ascending values (at least one), interpolated linearly between neighbours (type 7). */
export function quantile(sorted: ArrayLike<number>, part: number, parts: number): number {
  const position = ((sorted.length - 1) * part) / parts;
  const below = Math.floor(position);
  const from = sorted[below] ?? Number.NaN;
  const to = sorted[below + 1] ?? from;
  return from === to ? from : from + (to - from) * (position - below);
}

/** The JSON that a profile's hash is of: without `hash`, without spaces, the keys of every object in the order of their code units. */
export function canonicalJson(profile: Omit<ReferenceProfile, "hash">): string {
  const { hash: _, ...hashed }: Omit<ReferenceProfile, "hash"> & { readonly hash?: string } =
    profile;
  return JSON.stringify(hashed, (_key, value: unknown) =>
    typeof value === "object" && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}

function distinctQuantiles(sorted: ArrayLike<number>, parts: number): number[] {
  const found: number[] = [];
  for (let part = 1; part < parts; part += 1) {
    const edge = quantile(sorted, part, parts);
    if (edge !== found.at(-1)) {
      found.push(edge);
    }
  }
  return found;
}

/** The edge that parts a finite number from all that are less: the greatest double below it, or the next but one. */
export function justBelow(value: number): number {
  return value - Math.max(Math.abs(value) * Number.EPSILON, Number.MIN_VALUE);
}
