/** Uniform numbers in [0, 1) from a seed above 0, always the same ones for it (xorshift32: Marsaglia, "Xorshift RNGs", 2003). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}

/** Due times of a Poisson process of `perSecond` events, in milliseconds from 0, all before `durationMs`. Same seed, same times. */
export function poissonTimesMs(perSecond: number, durationMs: number, seed: number): number[] {
  const random = seededRandom(seed);
  const times: number[] = [];
  for (let atMs = 0; ; ) {
    atMs += (-Math.log(1 - random()) * 1000) / perSecond;
    if (atMs >= durationMs) {
      return times;
    }
    times.push(atMs);
  }
}
