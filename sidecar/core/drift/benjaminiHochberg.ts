/**
 * The level up to which the p-values of many tests are rejected, so that of all rejections at most a share `level` is wrong in the mean, for
 * independent or positively dependent tests; where nothing is true, the chance of any rejection is at most `level` (Benjamini and Hochberg, JRSS-B 57,
 * 1995). It is `level` k / n for n tests, with the largest k for which k of them are that small; at least `level` / n. For e-values there is
 * `eBenjaminiHochberg` of the evidence.
 */
export function rejectionLevel(pValues: readonly number[], level: number): number {
  const sorted = [...pValues].sort((a, b) => a - b);
  const tests = Math.max(1, sorted.length);
  const rejected = sorted.findLastIndex((p, rank) => p * tests <= level * (rank + 1)) + 1;
  return (level * Math.max(1, rejected)) / tests;
}
