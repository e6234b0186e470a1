import { assert } from "../assert.ts";

/** How an adaptive window looks for a change. */
export type AdwinSettings = {
  /** Chance of a false cut at one look, roughly. */
  readonly delta: number;
  /** A look after so many values. */
  readonly every: number;
  /** So many buckets of each size; more of them cut the window more finely. */
  readonly bucketsMax: number;
  /** Either part of a cut has at least so many values. */
  readonly partMin: number;
  /** No look at a window with at most so many values. */
  readonly windowMin: number;
};

/** River's defaults. */
export const ADWIN: AdwinSettings = {
  delta: 0.002,
  every: 32,
  bucketsMax: 5,
  partMin: 5,
  windowMin: 10,
};

/** Consecutive values summed up: `squares` is the sum of their squared distances from their mean. */
type Bucket = { readonly sum: number; readonly squares: number };

/** The window: plain JSON of at most (bucketsMax + 1) log2(n) buckets. `levels[i]` holds buckets of 2^i values, the oldest first. */
export type Adwin = {
  seen: number;
  n: number;
  sum: number;
  squares: number;
  levels: Bucket[][];
  /** Whether the last value showed a change: the next one begins anew. */
  changed: boolean;
};

/** A window without values. */
export function startAdwin(): Adwin {
  return { seen: 0, n: 0, sum: 0, squares: 0, levels: [], changed: false };
}

/**
 * Adds a value in [0, 1] to the adaptive window (Bifet and Gavaldà, "Learning from time-changing data with adaptive windowing", SDM 2007,
 * with the bound from the variance), looks at it when that is due, and returns whether the mean changed: where some cut of the window has means too
 * far apart. After a change the whole window is forgotten, as river does, where the paper keeps the newer part. O(log n) per value.
 */
export function addAdwin(window: Adwin, value: number, settings: AdwinSettings = ADWIN): boolean {
  insert(window, { sum: value, squares: 0 }, { level: 0, bucketsMax: settings.bucketsMax });
  return window.seen % settings.every === 0 && lookAtAdwin(window, settings);
}

/** Adds 2^`level` values at once, which no cut then parts, without a look; every slice of a window must be of the same level. */
export function insertAdwinSlice(window: Adwin, values: readonly number[], level: number): void {
  assert(values.length === 2 ** level, "a slice fills a bucket of its level");
  let [sum, squares] = [0, 0];
  for (const value of values) {
    sum += value;
  }
  for (const value of values) {
    squares += (value - sum / values.length) ** 2;
  }
  insert(window, { sum, squares }, { level, bucketsMax: ADWIN.bucketsMax });
}

/** Whether the mean changed; the window is then what came after the change, until the next value. */
export function lookAtAdwin(window: Adwin, settings: AdwinSettings): boolean {
  let hasChanged = false;
  const isLongEnough = window.n > settings.windowMin;
  while (isLongEnough && hasCut(window, settings)) {
    hasChanged = true;
    dropOldest(window);
  }
  window.changed = window.changed || hasChanged;
  return hasChanged;
}

/** The mean of the values in the window; 0 without any. */
export function adwinMean({ n, sum }: Adwin): number {
  return n === 0 ? 0 : sum / n;
}

function insert(
  window: Adwin,
  bucket: Bucket,
  at: { readonly level: number } & Pick<AdwinSettings, "bucketsMax">,
): void {
  const { bucketsMax } = at;
  if (window.changed) {
    Object.assign(window, startAdwin());
  }
  while (window.levels.length < at.level) {
    window.levels.push([]);
  }
  const { n, sum } = window;
  const size = 2 ** at.level;
  const apart = n === 0 ? 0 : bucket.sum / size - sum / n;
  window.squares += bucket.squares + (n * size * apart ** 2) / (n + size);
  window.n = n + size;
  window.seen += size;
  window.sum = sum + bucket.sum;
  let carried: Bucket | undefined = bucket;
  for (let { level } = at; carried !== undefined; level += 1) {
    const buckets: Bucket[] = window.levels[level] ?? [];
    window.levels[level] = buckets;
    buckets.push(carried);
    carried = buckets.length > bucketsMax ? joinOldest(buckets, 2 ** level) : undefined;
  }
}

/** Takes the two oldest buckets of `size` values each out, as one. */
function joinOldest(buckets: Bucket[], size: number): Bucket | undefined {
  const a = buckets.shift();
  const b = buckets.shift();
  if (a === undefined || b === undefined) {
    return undefined;
  }
  const apart = (a.sum - b.sum) / size;
  return { sum: a.sum + b.sum, squares: a.squares + b.squares + (size * apart * apart) / 2 };
}

/** Whether the means before and after the end of some bucket are too far apart. */
function hasCut(window: Adwin, settings: AdwinSettings): boolean {
  let [n, sum] = [0, 0];
  for (let level = window.levels.length - 1; level >= 0; level -= 1) {
    for (const bucket of window.levels[level] ?? []) {
      n += 2 ** level;
      sum += bucket.sum;
      if (isCut(window, { n, sum }, settings)) {
        return true;
      }
    }
  }
  return false;
}

function isCut(
  window: Adwin,
  older: { readonly n: number; readonly sum: number },
  { delta, partMin }: AdwinSettings,
): boolean {
  const newer = { n: window.n - older.n, sum: window.sum - older.sum };
  if (older.n < partMin || newer.n < partMin) {
    return false;
  }
  const confidence = Math.log((2 * Math.log(window.n)) / delta);
  const inverse = 1 / (older.n - partMin + 1) + 1 / (newer.n - partMin + 1);
  const variance = window.squares / window.n;
  const limit = Math.sqrt(2 * inverse * variance * confidence) + (2 / 3) * confidence * inverse;
  return Math.abs(older.sum / older.n - newer.sum / newer.n) > limit;
}

function dropOldest(window: Adwin): void {
  const level = window.levels.length - 1;
  const oldest = window.levels[level]?.shift();
  if (oldest === undefined) {
    return;
  }
  const size = 2 ** level;
  window.n -= size;
  window.sum -= oldest.sum;
  const apart = oldest.sum / size - adwinMean(window);
  window.squares -= oldest.squares + (size * window.n * apart ** 2) / (size + window.n);
  while (window.levels.length > 0 && window.levels.at(-1)?.length === 0) {
    window.levels.pop();
  }
}
