import { logGamma } from "./beta.ts";

/**
 * ln of the chance of a sequence with these counts, by category, where the categories' shares are drawn from the Dirichlet distribution with these
 * weights, above 0 (Pólya's urn: each of the sequence adds one to the weight of its category).
 */
export function logDirichletMultinomial(
  counts: readonly number[],
  weights: readonly number[],
): number {
  let [total, weight, sum] = [0, 0, 0];
  for (const [index, own] of weights.entries()) {
    const count = counts[index] ?? 0;
    total += count;
    weight += own;
    sum += count === 0 ? 0 : logGamma(own + count) - logGamma(own);
  }
  return sum + logGamma(weight) - logGamma(weight + total);
}
