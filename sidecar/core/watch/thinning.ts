/** What is known of how fast something comes, so that an even share of it can be kept. */
export type Thinning = {
  /** When the second under way began. */
  sinceMs: number;
  /** How many came in it, and how many of these were kept. */
  seen: number;
  kept: number;
  /** Chance of each to be kept, by how many came in the second before. */
  share: number;
};

/** Nothing has come yet. */
export function startThinning(nowMs: number): Thinning {
  return { sinceMs: nowMs, seen: 0, kept: 0, share: 1 };
}

/**
 * Whether the next one is kept: every one while at most `perSecondMax` come in a second, else each with the same chance, whatever it is, so that
 * what is kept is distributed as what came. Never more than `perSecondMax` a second. `luck` is uniform in [0, 1); `nowMs` never goes back.
 */
export function keeps(
  thinning: Thinning,
  { nowMs, luck, perSecondMax }: { nowMs: number; luck: number; perSecondMax: number },
): boolean {
  const elapsedMs = nowMs - thinning.sinceMs;
  if (elapsedMs >= 1000) {
    const perSecond = (thinning.seen * 1000) / elapsedMs;
    thinning.share = perSecond <= perSecondMax ? 1 : perSecondMax / perSecond;
    thinning.sinceMs = nowMs;
    thinning.seen = 0;
    thinning.kept = 0;
  }
  thinning.seen += 1;
  if (luck >= thinning.share || thinning.kept >= perSecondMax) {
    return false;
  }
  thinning.kept += 1;
  return true;
}
