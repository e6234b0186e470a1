import type { Comparison, Contents, Difference } from "../compare/comparison.ts";
import { redacted } from "../compare/contents.ts";

/** How many differing paths are kept, how many are shown beside a rollout, and how much of a path and of a request id. */
export const PATHS_KEPT_MAX = 100;
export const PATHS_SHOWN_MAX = 20;
export const PATH_LENGTH_MAX = 256;
export const REQUEST_ID_LENGTH_MAX = 64;

/** The paths that differ most often, for people, with some of the pairs that differ there; no part of the evidence. Bounded. */
export type DifferingPaths = {
  /** Pairs sampled for each path at most. */
  readonly perPath: number;
  /** Counts by kind and path. */
  readonly kept: Map<string, Kept>;
  /** All differences counted, kept or not. */
  total: number;
  /** Pairs looked at, also those that are equal. */
  pairs: number;
};

/** One place where answers differ, in how many pairs, and samples of these by rank. */
export type DifferingPlace = {
  readonly difference: Difference;
  readonly count: number;
  readonly samples: readonly Sample[];
};

type Kept = { -readonly [Key in keyof DifferingPlace]: DifferingPlace[Key] };

/** What the answers to one request hold at a place, redacted. */
export type Sample = {
  readonly requestId: string;
  readonly startMs: number;
  readonly primary: string;
  readonly candidate: string;
  /** Its place in the draw. */
  readonly rank: number;
};

/** A request, and its id's hash: `fnv1a`. */
type Request = Pick<Sample, "requestId" | "startMs"> & { readonly idHash: number };

/** No difference yet; of each path so many pairs will be sampled. */
export function noPaths(perPath: number): DifferingPaths {
  return { perPath, kept: new Map(), total: 0, pairs: 0 };
}

/** Counts a pair and its differences, and samples it where it belongs. */
export function countPair(paths: DifferingPaths, comparison: Comparison, request: Request): void {
  const { differences, contents } = comparison;
  paths.pairs += 1;
  const rank = differences.length > 0 && paths.perPath > 0 ? rankOf(request) : undefined;
  let index = 0;
  for (const difference of differences) {
    const kept = countPath(paths, difference);
    const found = contents?.[index];
    index += 1;
    if (kept !== undefined && found !== undefined && rank !== undefined) {
      sample(kept, paths.perPath, { found, request, rank });
    }
  }
}

/**
 * Counts one difference; returns its place if that is kept. When a new path finds no room, every count falls by one and those at zero leave
 * (Misra and Gries 1982): a path is never overstated, and one with more than 1/101 of all differences is always among those kept.
 */
export function countPath(paths: DifferingPaths, { kind, path }: Difference): Kept | undefined {
  paths.total += 1;
  const short = cut(path, PATH_LENGTH_MAX);
  // No path begins with a kind, and most differences are of a value: their text need not be made anew.
  const key = kind === "value" ? short : `${kind} ${short}`;
  const found = paths.kept.get(key);
  if (found !== undefined) {
    found.count += 1;
    return found;
  }
  if (paths.kept.size < PATHS_KEPT_MAX) {
    const kept = { difference: { kind, path: short }, count: 1, samples: [] };
    paths.kept.set(key, kept);
    return kept;
  }
  for (const [each, entry] of paths.kept) {
    entry.count -= 1;
    if (entry.count === 0) {
      paths.kept.delete(each);
    }
  }
  return undefined;
}

/** The places where answers differ, at most 100, most frequent first. */
export function placesOf({ kept }: DifferingPaths): readonly DifferingPlace[] {
  return [...kept.values()].map((place) => ({ ...place })).sort((a, b) => b.count - a.count);
}

/**
 * Samples a pair if its request is among the first of the draw: so each pair that differs here is as likely to be kept, whenever it came, and a
 * request that is sampled at one place is at its others too. What a request holds is looked at only then.
 */
function sample(
  place: Kept,
  most: number,
  pair: { readonly found: Contents; readonly request: Request; readonly rank: number },
): void {
  const { found, request, rank } = pair;
  const last = place.samples[most - 1];
  if (last !== undefined && rank >= last.rank) {
    return;
  }
  const taken: Sample = {
    requestId: cut(request.requestId, REQUEST_ID_LENGTH_MAX),
    startMs: request.startMs,
    primary: redacted(found.primary, found.disclosure),
    candidate: redacted(found.candidate, found.disclosure),
    rank,
  };
  place.samples = [...place.samples, taken].sort((a, b) => a.rank - b.rank).slice(0, most);
}

/** The beginning of a long text, as a copy: a slice would keep all of the text in memory. */
function cut(text: string, lengthMax: number): string {
  return text.length > lengthMax ? Buffer.from(text.slice(0, lengthMax)).toString() : text;
}

/** A number from 0 to 2^32 - 1 by hashing: the finaliser of MurmurHash3 (Appleby). */
function rankOf({ idHash, startMs }: Request): number {
  let hash = idHash ^ startMs;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
