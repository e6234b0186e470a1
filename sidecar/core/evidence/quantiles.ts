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

const A = 0.85;

/**
 * How far the distribution function of n observations may be from the true one anywhere, at every n >= from, with chance 1 - alpha
 * (Howard and Ramdas, Theorem 2, with their A = 0.85): infinite before.
 */
export function distributionBand(
  { n, from }: { readonly n: number; readonly from: number },
  alpha: number,
): number {
  return n < from
    ? Number.POSITIVE_INFINITY
    : A * Math.sqrt((Math.log1p(Math.log(n / from)) + bandConstant(alpha)) / n);
}

/** The least C for which the theorem's chance of ever leaving the band, minimised over eta, is at most alpha. */
function bandConstant(alpha: number): number {
  // The closed form 0.8 ln(1612 / alpha) is safe, and about 2 % larger.
  let [least, most] = [0, 0.8 * Math.log(1612 / alpha) + 1];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (least + most) / 2;
    if (leaving(middle) > alpha) {
      least = middle;
    } else {
      most = middle;
    }
  }
  return most;
}

/** The smallest bound over eta on the chance of leaving the band with the constant C; it has one minimum. */
function leaving(c: number): number {
  const bound = (logEta: number): number => {
    const eta = Math.exp(logEta);
    const gamma = A - Math.sqrt((2 * Math.expm1(logEta)) / c);
    const gammaSquared = (2 / eta) * gamma * gamma;
    return gamma <= 0 || gammaSquared <= 1
      ? Number.POSITIVE_INFINITY
      : 4 * Math.exp(-gammaSquared * c) * (1 + 1 / ((gammaSquared - 1) * logEta));
  };
  let [below, above] = [0, 0.2];
  for (let third = 0; third < 100; third += 1) {
    const [left, right] = [below + (above - below) / 3, above - (above - below) / 3];
    if (bound(left) <= bound(right)) {
      above = right;
    } else {
      below = left;
    }
  }
  return bound(below);
}

/**
 * Natural logarithm of the e-value against "both variants have the same p-quantile" (Howard and Ramdas, Theorem 5): at the value that suits
 * the null best, the product of both mixtures. For independent latencies of one distribution each.
 */
export function logQuantilesDiffer(
  a: Latencies,
  b: Latencies,
  { p, weight }: { readonly p: number; readonly weight: number },
): number {
  const [as, bs] = [cumulative(a), cumulative(b)];
  const buckets = [...new Set([...as, ...bs].map(({ bucket }) => bucket))];
  const least = Math.min(
    ...buckets.map(
      (bucket) =>
        smallestMixture(as, bucket, { p, weight }) + smallestMixture(bs, bucket, { p, weight }),
    ),
  );
  return buckets.length === 0 ? 0 : least;
}

/** The smallest mixture over the numbers of observations that may be below a quantile in this bucket: from those before it to those up to it. */
function smallestMixture(
  counts: ReturnType<typeof cumulative>,
  bucket: number,
  { p, weight }: { readonly p: number; readonly weight: number },
): number {
  const n = counts.at(-1)?.count ?? 0;
  const upTo = counts.findLast((each) => each.bucket <= bucket)?.count ?? 0;
  const before = counts.findLast((each) => each.bucket < bucket)?.count ?? 0;
  const best = Math.min(Math.max(Math.round(n * p), before), upTo);
  return Math.min(
    ...[best - 1, best, best + 1]
      .filter((k) => k >= before && k <= upTo)
      .map((k) => logMixture({ n, k }, p, weight)),
  );
}
