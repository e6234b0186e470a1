/**
 * How many tests share one error:
 * - `benjaminiHochberg`: of all rejections at most the level is wrong in the mean, for independent or positively dependent tests (JRSS-B 57, 1995);
 *   where nothing is true the chance of any rejection is at most the level;
 * - `benjaminiYekutieli`: the same whatever the dependence (Annals of Statistics 29, 2001);
 * - `holm`, `bonferroni`: the chance of any wrong rejection is at most the level, whatever the dependence (Holm, Scandinavian Journal of Statistics 6, 1979).
 * For e-values there is `eBenjaminiHochberg` of the evidence.
 */
export type Correction = Discovery | "holm" | "bonferroni";

/** Those that bound the share of wrong ones among the rejected. */
export type Discovery = "benjaminiHochberg" | "benjaminiYekutieli";

/**
 * The p-values corrected for there being many, in their order: a test is rejected at a level if its corrected value is at most that level.
 * Never below the p-values, never above 1, and in the same order as they are.
 */
export function correctedPValues(
  pValues: readonly number[],
  correction: Correction,
): readonly number[] {
  const order = pValues.map((p, index) => ({ p, index })).sort((a, b) => a.p - b.p);
  const scaled = order.map(({ p }, rank) =>
    Math.min(1, p * factor(correction, rank, order.length)),
  );
  const monotone =
    correction === "holm"
      ? running(scaled, Math.max)
      : running(scaled.toReversed(), Math.min).toReversed();
  const corrected = new Array<number>(pValues.length).fill(1);
  for (const [rank, { index }] of order.entries()) {
    corrected[index] = monotone[rank] ?? 1;
  }
  return corrected;
}

/**
 * The level at which the corrected tests are rejected: exactly those with p-values of at most this. Of `level` for a single test, the less the more
 * tests there are and the fewer of them are rejected.
 */
export function rejectionLevel(
  pValues: readonly number[],
  { level, correction }: { readonly level: number; readonly correction: Discovery },
): number {
  const corrected = correctedPValues(pValues, correction);
  const rejected = corrected.filter((p) => p <= level).length;
  return level / factor(correction, Math.max(1, rejected) - 1, Math.max(1, pValues.length));
}

function factor(correction: Correction, rank: number, tests: number): number {
  switch (correction) {
    case "benjaminiHochberg":
      return tests / (rank + 1);
    case "benjaminiYekutieli":
      return (tests / (rank + 1)) * harmonic(tests);
    case "holm":
      return tests - rank;
    case "bonferroni":
      return tests;
    default:
      return correction satisfies never;
  }
}

function harmonic(n: number): number {
  let sum = 0;
  for (let k = 1; k <= n; k += 1) {
    sum += 1 / k;
  }
  return sum;
}

function running(values: readonly number[], pick: (a: number, b: number) => number): number[] {
  const found: number[] = [];
  for (const value of values) {
    found.push(pick(found.at(-1) ?? value, value));
  }
  return found;
}
