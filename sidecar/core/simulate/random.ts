/** A seeded source of randomness: the same seed gives the same numbers everywhere. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number;
  /** Successes in n independent trials of chance p. */
  binomial(n: number, p: number): number;
};

/** The sfc32 generator (Doty-Humphrey, PractRand), whose whole state comes from one 32-bit seed. */
export function seeded(seed: number): Random {
  let [a, b, c, counter] = [0, 0, seed | 0, 1];
  const next = (): number => {
    const sum = (((a + b) | 0) + counter) | 0;
    counter = (counter + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let warmUp = 0; warmUp < 12; warmUp += 1) {
    next();
  }
  return { next, binomial: (n, p) => binomial(next, n, p) };
}

/** Jumps from success to success by geometric gaps, so that rare events cost little. */
function binomial(next: () => number, n: number, p: number): number {
  if (p >= 1) {
    return n;
  }
  if (p <= 0) {
    return 0;
  }
  if (p > 0.5) {
    return n - binomial(next, n, 1 - p);
  }
  const logMiss = Math.log1p(-p);
  let successes = -1;
  let trials = 0;
  while (trials <= n) {
    trials += Math.floor(Math.log1p(-next()) / logMiss) + 1;
    successes += 1;
  }
  return successes;
}
