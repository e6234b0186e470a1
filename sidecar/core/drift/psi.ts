import { chiSquaredCritical, chiSquaredTail } from "../gamma.ts";
import { sharesOf, sum } from "./shares.ts";

/** Shares below count as this much, so that an empty bin is no infinity. The floored shares are not scaled to 1 again. */
const PSI_FLOOR = 1e-4;

/**
 * Population stability index of two counts over the same bins: the sum of (q - p) ln(q / p) over the bins' shares p of the reference and q
 * of what is current, floored at `PSI_FLOOR`. At least 0; 0 only where all shares are equal; symmetric. NaN when either is empty.
 */
export function psi(reference: readonly number[], current: readonly number[]): number {
  const [p, q] = [sharesOf(reference), sharesOf(current)];
  return sum(
    p.map((share, bin) => {
      const [from, to] = [Math.max(share, PSI_FLOOR), Math.max(q[bin] ?? 0, PSI_FLOOR)];
      return (to - from) * Math.log(to / from);
    }),
  );
}

/** How many rows the reference and the window have, and over how many bins. */
export type PsiSizes = {
  readonly reference: number;
  readonly current: number;
  readonly bins: number;
};

/**
 * What the index exceeds with chance `alpha` though nothing changed: about (1/reference + 1/current) times a chi-squared variable with
 * bins - 1 degrees of freedom (Yurdakul and Naranjo, Journal of Risk Model Validation 14, 2020). At least two bins.
 */
export function psiCritical(sizes: PsiSizes, alpha: number): number {
  return spread(sizes) * chiSquaredCritical(alpha, sizes.bins - 1);
}

/** Chance of an index of at least `value` though nothing changed, in the same approximation; 1 with fewer than two bins. */
export function psiPValue(value: number, sizes: PsiSizes): number {
  return sizes.bins < 2 ? 1 : chiSquaredTail(value / spread(sizes), sizes.bins - 1);
}

function spread({ reference, current }: PsiSizes): number {
  return 1 / reference + 1 / current;
}
