import { logMeanExp } from "../special.ts";

/**
 * Which hypotheses are rejected when the null of all of them is tested by the mean of their e-values (given as logarithms): hypothesis i
 * is, if every set that holds i has a mean of at least exp(logLimit). The chance that any true null is ever rejected is at most
 * exp(-logLimit), whatever the dependence. It suffices to join i with its smallest companions, one at a time (Vovk and Wang,
 * "E-values: calibration, combination and applications", Annals of Statistics 49, 2021).
 */
export function closedTest(logEValues: readonly number[], logLimit: number): readonly boolean[] {
  return logEValues.map((own, index) => {
    const others = logEValues.filter((_, other) => other !== index).sort((a, b) => a - b);
    return logEValues.every((_, size) => logMeanExp([own, ...others.slice(0, size)]) >= logLimit);
  });
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
