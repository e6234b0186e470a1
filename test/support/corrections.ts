/** Benjamini and Hochberg's correction is the product's; the others show what it is chosen over. */
export type Correction = "benjaminiHochberg" | "benjaminiYekutieli" | "holm" | "bonferroni";

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
