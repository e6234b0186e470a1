import { type Interval, logMixture, priorWeight, TUNED_TO } from "./bernoulliInterval.ts";
import { cumulative, edgeMs, type Latencies } from "./latencies.ts";

/** The least and the greatest number of observations at or below the p-quantile that is not excluded. */
export type Ranks = { readonly from: number; readonly to: number };

/**
 * The ranks s of n observations between which the p-quantile lies at every look with chance 1 - alpha: those for which the mixture at the
 * rate p is below 1 / alpha (Howard and Ramdas, "Sequential estimation of quantiles", Bernoulli 28, 2022, on its beta-binomial bound).
 */
export function quantileRanks(
  { n, p }: { readonly n: number; readonly p: number },
  alpha: number,
  weight: number = priorWeight(TUNED_TO),
): Ranks {
  const limit = -Math.log(alpha);
  const isKept = (k: number) => logMixture({ n, k }, p, weight) < limit;
  const middle = Math.round(n * p);
  return { from: last(isKept, middle, 0), to: last(isKept, middle, n) };
}

/** The farthest number from `kept` towards `end` that is still kept; those kept are next to each other. */
function last(isKept: (k: number) => boolean, kept: number, end: number): number {
  if (isKept(end)) {
    return end;
  }
  let [inside, outside] = [kept, end];
  while (Math.abs(outside - inside) > 1) {
    const middle = Math.trunc((inside + outside) / 2);
    if (isKept(middle)) {
      inside = middle;
    } else {
      outside = middle;
    }
  }
  return inside;
}

/**
 * Where the p-quantile of latencies lies, rounded up to bucket edges, at every look with chance 1 - alpha: between the order statistics of
 * `quantileRanks`. From -Infinity where no observation need be below it, to Infinity where none need be above.
 */
export function quantileInterval(latencies: Latencies, p: number, alpha: number): Interval {
  const counts = cumulative(latencies);
  const n = counts.at(-1)?.count ?? 0;
  const { from, to } = n === 0 ? { from: 0, to: 0 } : quantileRanks({ n, p }, alpha);
  const orderStatistic = (rank: number) =>
    edgeMs(counts.find(({ count }) => count >= rank)?.bucket ?? 0);
  return {
    from: from === 0 ? Number.NEGATIVE_INFINITY : orderStatistic(from),
    to: to === n ? Number.POSITIVE_INFINITY : orderStatistic(to + 1),
  };
}

/** The latency that a share p of those seen is at or below, rounded up to a bucket edge; undefined when none was seen. */
export function quantile(latencies: Latencies, p: number): number | undefined {
  const counts = cumulative(latencies);
  const n = counts.at(-1)?.count ?? 0;
  const found = counts.find(({ count }) => count >= p * n && count > 0);
  return found === undefined ? undefined : edgeMs(found.bucket);
}

/**
 * Natural logarithm of the e-value against "both variants have the same p-quantile" (Howard and Ramdas, Theorem 5): at the value that suits
 * the null best, the product of both mixtures. For independent latencies of one distribution each. 0 while either has none.
 */
export function logQuantilesDiffer(
  a: Latencies,
  b: Latencies,
  { p, weight = priorWeight(TUNED_TO) }: { readonly p: number; readonly weight?: number },
): number {
  const arms = [armOf(a, p, weight), armOf(b, p, weight)];
  if (arms.some(({ n }) => n === 0)) {
    return 0;
  }
  // Each mixture falls up to the bucket that suits it best, and rises after it.
  const best = arms.map(({ bestBucket }) => bestBucket);
  const [from, to] = [Math.min(...best), Math.max(...best)];
  const buckets = arms
    .flatMap(({ counts }) => counts.map(({ bucket }) => bucket))
    .filter((bucket) => bucket >= from && bucket <= to);
  return Math.min(
    ...buckets.map((bucket) => arms.reduce((sum, arm) => sum + smallestMixture(arm, bucket), 0)),
  );
}

/** One variant's latencies, and where the mixture at the rate p is smallest: after how many observations, and in which bucket. */
type Arm = {
  readonly counts: ReturnType<typeof cumulative>;
  readonly n: number;
  readonly best: number;
  readonly bestBucket: number;
  readonly logMixtureAt: (k: number) => number;
};

function armOf(latencies: Latencies, p: number, weight: number): Arm {
  const counts = cumulative(latencies);
  const n = counts.at(-1)?.count ?? 0;
  const logMixtureAt = (k: number) => logMixture({ n, k }, p, weight);
  const best = lowest(logMixtureAt, n);
  const bestBucket = counts.find(({ count }) => count >= best)?.bucket ?? 0;
  return { counts, n, best, bestBucket, logMixtureAt };
}

/** The place in [0, n], to a billionth of it, at which a convex function is smallest. */
function lowest(of: (k: number) => number, n: number): number {
  let [from, to] = [0, n];
  for (let third = 0; third < 52; third += 1) {
    const [left, right] = [from + (to - from) / 3, to - (to - from) / 3];
    if (of(left) <= of(right)) {
      to = right;
    } else {
      from = left;
    }
  }
  return (from + to) / 2;
}

/** The smallest mixture over what may be below a quantile in this bucket: from the observations before it to those up to it. */
function smallestMixture({ counts, best, logMixtureAt }: Arm, bucket: number): number {
  const upTo = counts.findLast((each) => each.bucket <= bucket)?.count ?? 0;
  const before = counts.findLast((each) => each.bucket < bucket)?.count ?? 0;
  return logMixtureAt(Math.min(Math.max(best, before), upTo));
}
