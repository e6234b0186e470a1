import { logGamma } from "../beta.ts";

/** Weight of the prior about the shares that are expected, in assignments. */
const PRIOR = 100;

/**
 * ln of the e-process against "each of these was assigned at random with exactly these shares" (Lindon and Malek, "Anytime-valid inference for
 * multinomial count data", NeurIPS 2022): the Dirichlet-multinomial likelihood of the counts, with a prior of 100 assignments about the
 * shares, over the multinomial one. Shares are above 0 and sum to 1.
 */
export function logMismatch(counts: readonly number[], shares: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.reduce(
    (sum, count, index) => {
      const prior = PRIOR * (shares[index] ?? 0);
      return sum + logGamma(prior + count) - logGamma(prior) - count * Math.log(prior / PRIOR);
    },
    logGamma(PRIOR) - logGamma(PRIOR + total),
  );
}
