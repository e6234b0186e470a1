import { logSumExp } from "../special.ts";

/**
 * Which hypotheses are rejected when the null of all of them is tested by the weighted mean of their e-values (logarithms): hypothesis i
 * is, if every set that holds i has a mean of at least exp(logLimit). The chance that any true null is ever rejected is at most
 * exp(-logLimit), whatever the dependence. It suffices to join i with its smallest companions, one at a time (Vovk and Wang,
 * "E-values: calibration, combination and applications", Annals of Statistics 49, 2021).
 */
export function closedTest(
  logEValues: readonly number[],
  logLimit: number,
  weights: readonly number[] = logEValues.map(() => 1),
): readonly boolean[] {
  const hypotheses = logEValues.map((logE, index) => ({ logE, weight: weights[index] ?? 1 }));
  return hypotheses.map((own) => {
    const others = hypotheses.filter((other) => other !== own).sort((a, b) => a.logE - b.logE);
    return hypotheses.every(
      (_, size) => logWeightedMean([own, ...others.slice(0, size)]) >= logLimit,
    );
  });
}

/** ln of the mean of e-values by weight, which are above 0; an e-value itself, whatever the dependence. */
export function logWeightedMean(
  hypotheses: readonly { readonly logE: number; readonly weight: number }[],
): number {
  const total = hypotheses.reduce((sum, { weight }) => sum + weight, 0);
  return logSumExp(hypotheses.map(({ logE, weight }) => logE + Math.log(weight))) - Math.log(total);
}

/**
 * Which of many hypotheses to reject (their indices, ascending) so that on average at most a share `alpha` of them is rejected wrongly,
 * whatever the dependence: the k largest e-values, k as large as can be with the k-th at least n / (k alpha) (e-BH; Wang and Ramdas,
 * "False discovery rate control with e-values", JRSS-B 84, 2022).
 */
export function eBenjaminiHochberg(
  logEValues: readonly number[],
  alpha: number,
): readonly number[] {
  const ranked = logEValues.map((logE, index) => ({ logE, index })).sort((a, b) => b.logE - a.logE);
  const last = ranked.findLastIndex(
    ({ logE }, index) => logE >= Math.log(ranked.length / ((index + 1) * alpha)),
  );
  return ranked
    .slice(0, last + 1)
    .map(({ index }) => index)
    .sort((a, b) => a - b);
}
