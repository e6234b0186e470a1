/** How a Page-Hinkley test looks for a change. */
export type PageHinkleySettings = {
  /** Changes of the mean smaller than this are of no interest. */
  readonly delta: number;
  /** How far the sum of deviations may leave its extreme. */
  readonly threshold: number;
  /** What each value leaves of the sums before it, in (0, 1]. */
  readonly keep: number;
  /** No alarm before so many values. */
  readonly valuesMin: number;
  readonly direction: "up" | "down" | "both";
};

/** River's defaults. */
export const PAGE_HINKLEY: PageHinkleySettings = {
  delta: 0.005,
  threshold: 50,
  keep: 0.9999,
  valuesMin: 30,
  direction: "both",
};

/** The state of a test, plain JSON. */
export type PageHinkley = {
  n: number;
  mean: number;
  rise: number;
  riseMin: number | null;
  fall: number;
  fallMax: number;
  /** Whether the last value showed a change: the next one begins anew. */
  changed: boolean;
};

/** A test without values. */
export function startPageHinkley(): PageHinkley {
  // The -1 is river's; the sum of deviations starts at 0, so a fall is seen no later for it.
  return { n: 0, mean: 0, rise: 0, riseMin: null, fall: 0, fallMax: -1, changed: false };
}

/**
 * Adds a value and returns whether the mean changed: the sums of deviations from the running mean, less (plus) `delta`, left their minimum (maximum)
 * by more than the threshold (Page, Biometrika 41, 1954; Hinkley, Biometrika 58, 1971). Has no bound on false alarms: the threshold must be
 * fitted to the stream. A change begins everything anew.
 */
export function addPageHinkley(
  test: PageHinkley,
  value: number,
  settings: PageHinkleySettings = PAGE_HINKLEY,
): boolean {
  if (test.changed) {
    Object.assign(test, startPageHinkley());
  }
  const { delta, keep, threshold, direction } = settings;
  test.n += 1;
  test.mean += (value - test.mean) / test.n;
  const deviation = value - test.mean;
  test.rise = keep * test.rise + deviation - delta;
  test.fall = keep * test.fall + deviation + delta;
  test.riseMin = Math.min(test.riseMin ?? test.rise, test.rise);
  test.fallMax = Math.max(test.fallMax, test.fall);
  const up = direction !== "down" && test.rise - test.riseMin > threshold;
  const down = direction !== "up" && test.fallMax - test.fall > threshold;
  test.changed = test.n >= settings.valuesMin && (up || down);
  return test.changed;
}
