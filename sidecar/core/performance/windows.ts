import type { Variant } from "../observation.ts";

/** Slices that are told apart; predictions of later ones are counted in the whole alone. */
export const SLICES_MAX = 20;
/** Buckets that are kept. */
export const BUCKETS_MAX = 1_440;

/** How time is divided, and what is kept in each part. */
export type WindowRules<T> = {
  readonly bucketMs: number;
  /** How many buckets back from now are kept: at most `BUCKETS_MAX`. */
  readonly buckets: number;
  readonly start: (of: "whole" | "slice") => T;
  readonly merge: (a: T, b: T) => T;
};

/** Something counted for one variant: of all its predictions, and of those of each slice, by the slice's place in `slices`. */
type Sliced<T> = { readonly whole: T; readonly slices: Record<string, T> };

/**
 * Tumbling buckets of predictions by the time when their requests began, for each variant and slice; sums over the buckets of a span are
 * sliding windows. Plain JSON, bounded.
 */
export type SlicedWindows<T> = {
  /** By the beginning of the bucket, Unix time. */
  readonly buckets: Record<string, Partial<Record<Variant, Sliced<T>>>>;
  readonly slices: string[];
  /** Predictions that were in no bucket, as theirs was given up or is still to come; and those whose slice is not told apart. */
  late: number;
  future: number;
  unsliced: number;
};

/** Where a prediction is counted. */
export type Place = {
  readonly atMs: number;
  readonly variant: Variant;
  readonly slice?: string | undefined;
};

/** Which buckets are summed: those that begin from `fromMs` and before `toMs`; of one slice, or of all when it is undefined. */
export type Span = {
  readonly fromMs: number;
  readonly toMs: number;
  readonly variant: Variant;
  readonly slice?: string | undefined;
};

/** Nothing counted. */
export function noWindows<T>(): SlicedWindows<T> {
  return { buckets: {}, slices: [], late: 0, future: 0, unsliced: 0 };
}

/**
 * What a prediction is to be added to: the whole of its variant's bucket, and its slice there. None, and counted, when its time is
 * before the oldest bucket or after now.
 */
export function cellsFor<T>(
  windows: SlicedWindows<T>,
  rules: WindowRules<T>,
  { atMs, variant, slice, nowMs }: Place & { readonly nowMs: number },
): readonly T[] {
  if (!(atMs <= nowMs)) {
    windows.future += 1;
    return [];
  }
  const begin = beginOf(rules, atMs);
  if (begin < oldestOf(rules, nowMs)) {
    windows.late += 1;
    return [];
  }
  const bucket = windows.buckets[begin] ?? {};
  windows.buckets[begin] = bucket;
  const sliced = bucket[variant] ?? { whole: rules.start("whole"), slices: {} };
  bucket[variant] = sliced;
  const place = slice === undefined ? undefined : placeOf(windows, slice);
  if (place === undefined) {
    return [sliced.whole];
  }
  const cell = sliced.slices[place] ?? rules.start("slice");
  sliced.slices[place] = cell;
  return [sliced.whole, cell];
}

/** Gives up the buckets that are too old; time that goes back brings none back. */
export function dropOld<T>(windows: SlicedWindows<T>, rules: WindowRules<T>, nowMs: number): void {
  const oldest = oldestOf(rules, nowMs);
  for (const begin of Object.keys(windows.buckets)) {
    if (Number(begin) < oldest) {
      delete windows.buckets[begin];
    }
  }
}

/** The sum over a span's buckets, in the order of time. */
export function sumOver<T>(
  windows: SlicedWindows<T>,
  rules: WindowRules<T>,
  { fromMs, toMs, variant, slice }: Span,
): T {
  const place = slice === undefined ? undefined : windows.slices.indexOf(slice);
  return Object.entries(windows.buckets)
    .filter(([begin]) => Number(begin) >= fromMs && Number(begin) < toMs)
    .sort(([a], [b]) => Number(a) - Number(b))
    .flatMap(([, bucket]) => {
      const sliced = bucket[variant];
      const cell = place === undefined ? sliced?.whole : sliced?.slices[place];
      return cell === undefined ? [] : [cell];
    })
    .reduce(rules.merge, rules.start(slice === undefined ? "whole" : "slice"));
}

/** When the bucket of a time begins. */
function beginOf({ bucketMs }: Pick<WindowRules<unknown>, "bucketMs">, atMs: number): number {
  return Math.floor(atMs / bucketMs) * bucketMs;
}

/** When the oldest bucket that is kept begins. */
function oldestOf(
  rules: Pick<WindowRules<unknown>, "bucketMs" | "buckets">,
  nowMs: number,
): number {
  return beginOf(rules, nowMs) - (Math.min(rules.buckets, BUCKETS_MAX) - 1) * rules.bucketMs;
}

function placeOf<T>(windows: SlicedWindows<T>, slice: string): number | undefined {
  const place = windows.slices.indexOf(slice);
  if (place !== -1) {
    return place;
  }
  if (windows.slices.length < SLICES_MAX) {
    return windows.slices.push(slice) - 1;
  }
  windows.unsliced += 1;
  return undefined;
}
