import type { Difference } from "../compare/comparison.ts";

/** How many differing paths are kept, how many are shown, and how much of a path. */
export const PATHS_KEPT_MAX = 100;
export const PATHS_SHOWN_MAX = 20;
export const PATH_LENGTH_MAX = 256;

/** The paths that differ most often, for people; no part of the evidence. Bounded. */
export type DifferingPaths = {
  /** Counts by kind and path. */
  readonly kept: Map<string, { readonly difference: Difference; count: number }>;
  /** All differences counted, kept or not. */
  total: number;
};

/** No difference yet. */
export function noPaths(): DifferingPaths {
  return { kept: new Map(), total: 0 };
}

/**
 * Counts one difference. When a new path finds no room, every count falls by one and those at zero leave (Misra and Gries 1982): a path
 * is never overstated, and one with more than 1/101 of all differences is always among those kept.
 */
export function countPath(paths: DifferingPaths, { kind, path }: Difference): void {
  paths.total += 1;
  const short = path.slice(0, PATH_LENGTH_MAX);
  const key = `${kind} ${short}`;
  const found = paths.kept.get(key);
  if (found !== undefined) {
    found.count += 1;
  } else if (paths.kept.size < PATHS_KEPT_MAX) {
    paths.kept.set(key, { difference: { kind, path: short }, count: 1 });
  } else {
    for (const [each, entry] of paths.kept) {
      entry.count -= 1;
      if (entry.count === 0) {
        paths.kept.delete(each);
      }
    }
  }
}

/** The most frequent differences, at most 20, most frequent first, and how many are not among them. */
export function topPaths(paths: DifferingPaths): {
  readonly shown: readonly { readonly difference: Difference; readonly count: number }[];
  readonly rest: number;
} {
  const shown = [...paths.kept.values()]
    .sort((a, b) => b.count - a.count)
    .slice(0, PATHS_SHOWN_MAX)
    .map(({ difference, count }) => ({ difference, count }));
  return { shown, rest: shown.reduce((rest, { count }) => rest - count, paths.total) };
}
