import type { Count } from "../evidence/count.ts";
import { normalCdf } from "../normal.ts";

/**
 * Two-sided test of equal proportions k/n of two samples with the pooled variance: z, and its chance when they are equal. For samples
 * that all agree z is 0 and the chance 1.
 */
export function proportionsTest(
  reference: Count,
  current: Count,
): { readonly z: number; readonly pValue: number } {
  const pooled = (reference.k + current.k) / (reference.n + current.n);
  const variance = pooled * (1 - pooled) * (1 / reference.n + 1 / current.n);
  const z =
    variance > 0 ? (reference.k / reference.n - current.k / current.n) / Math.sqrt(variance) : 0;
  return { z, pValue: Math.min(1, 2 * normalCdf(-Math.abs(z))) };
}
