import { logDirichletMultinomial } from "../dirichlet.ts";
import { ALL_BP, type BasisPoints } from "../traffic.ts";

/** Weight of the prior about the shares that are expected, in assignments. */
const PRIOR = 100;

/**
 * ln of the e-process against "each of these was assigned at random with exactly these shares" (Lindon and Malek, "Anytime-valid inference for
 * multinomial count data", NeurIPS 2022): the Dirichlet-multinomial likelihood of the counts, with a prior of 100 assignments about the
 * shares, over the multinomial one. Shares are above 0 and sum to 1.
 */
export function logMismatch(counts: readonly number[], shares: readonly number[]): number {
  const weights = shares.map((share) => PRIOR * share);
  const expected = shares.reduce(
    (sum, share, index) => sum + (counts[index] ?? 0) * Math.log(share),
    0,
  );
  return logDirichletMultinomial(counts, weights) - expected;
}

/** Users first seen under one generation of the traffic, by the variant that they fell to, and the candidate's weight there. */
export type Assignment = {
  readonly generation: number;
  readonly candidateBp: BasisPoints;
  readonly primary: number;
  readonly candidate: number;
};

/** Sums assignments of the same generation. */
export function addAssignments(
  a: readonly Assignment[],
  b: readonly Assignment[],
): readonly Assignment[] {
  if (b.length === 0) {
    return a;
  }
  const merged = new Map(a.map((one) => [one.generation, one]));
  for (const one of b) {
    const same = merged.get(one.generation);
    merged.set(one.generation, {
      ...one,
      primary: one.primary + (same?.primary ?? 0),
      candidate: one.candidate + (same?.candidate ?? 0),
    });
  }
  return [...merged.values()].sort((one, other) => one.generation - other.generation);
}

/**
 * ln of the e-process against "every user fell to the candidate with the chance that the traffic asked for": the product over generations,
 * as each user counts once in a rollout and so says nothing of the next.
 */
export function logSplitMismatch(assignments: readonly Assignment[]): number {
  return assignments.reduce((sum, { candidateBp, primary, candidate }) => {
    const share = candidateBp / ALL_BP;
    return share > 0 && share < 1
      ? sum + logMismatch([candidate, primary], [share, 1 - share])
      : sum;
  }, 0);
}
