/** Bins in which scores are counted. */
export const SCORE_BINS = 512;

/**
 * Examples by the bin of their score: [positives, negatives] of the bins that have any. The whole state of a ranking, mergeable by
 * addition; the edges belong to the reference. Parts of examples are allowed.
 */
export type ScoreBins = Record<string, readonly [positives: number, negatives: number]>;

/** A figure that is known to within a bound: the exact one lies from `from` to `to`. */
export type Bounded = { readonly value: number; readonly from: number; readonly to: number };

/** Inner edges of bins of about equal counts in the reference: at most 511 of its scores, ascending, without repetition. */
export function scoreEdges(reference: readonly number[]): readonly number[] {
  const sorted = reference.filter(Number.isFinite).sort((a, b) => a - b);
  const edges = Array.from(
    { length: SCORE_BINS - 1 },
    (_, index) => sorted[Math.floor(((index + 1) * sorted.length) / SCORE_BINS)],
  );
  return [...new Set(edges)].filter((edge) => edge !== undefined);
}

/** Inner edges of `SCORE_BINS` bins of equal width over [0, 1]: for scores that are chances, without a reference. */
export const UNIT_EDGES: readonly number[] = Array.from(
  { length: SCORE_BINS - 1 },
  (_, index) => (index + 1) / SCORE_BINS,
);

/** The bin of a score: as many as there are edges at or below it, so bin i is [edges[i-1], edges[i]), and the ends are open. */
export function binOf(edges: readonly number[], score: number): number {
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? Number.POSITIVE_INFINITY) <= score) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/** Counts examples into a bin. */
export function addToBin(
  bins: ScoreBins,
  bin: number,
  { positive, negative }: { readonly positive: number; readonly negative: number },
): void {
  const [positives, negatives] = bins[bin] ?? [0, 0];
  bins[bin] = [positives + positive, negatives + negative];
}

/** Sums two counts on the same edges. */
export function mergeBins(a: ScoreBins, b: ScoreBins): ScoreBins {
  const sum = { ...a };
  for (const [bin, [positive, negative]] of Object.entries(b)) {
    addToBin(sum, Number(bin), { positive, negative });
  }
  return sum;
}

/**
 * Area under the ROC curve from bins, pairs within one bin counting half. All that is not known is the order within bins, so the exact area
 * is at most sum_k P_k N_k / (2 P N) away. Undefined without examples of both kinds.
 */
export function areaOfBins(bins: ScoreBins): Bounded | undefined {
  let [positives, negatives, area, unknown] = [0, 0, 0, 0];
  for (const [positive, negative] of fromHighest(bins)) {
    area += negative * (positives + positive / 2);
    unknown += (positive * negative) / 2;
    positives += positive;
    negatives += negative;
  }
  if (positives === 0 || negatives === 0) {
    return undefined;
  }
  const pairs = positives * negatives;
  return around(area / pairs, { from: (area - unknown) / pairs, to: (area + unknown) / pairs });
}

/**
 * Average precision from bins, the examples of a bin being taken together. With TP and FP above a bin of P and N, the i-th positive's
 * precision is at least (TP + i) / (TP + i + FP + N) and at most (TP + P) / (TP + P + FP), whatever the order within; the sum of the former
 * is at least P - (FP + N) ln((c + P + 1/2) / (c + 1/2)), c = TP + FP + N, as 1/x is convex (Hermite and Hadamard). Undefined without a
 * positive example.
 */
export function averagePrecisionOfBins(bins: ScoreBins): Bounded | undefined {
  let [tp, fp, sum, low, high] = [0, 0, 0, 0, 0];
  for (const [positive, negative] of fromHighest(bins)) {
    const before = tp + fp + negative;
    const missed = fp + negative;
    if (positive > 0) {
      sum += (positive * (tp + positive)) / (before + positive);
      low += positive - missed * Math.log((before + positive + 0.5) / (before + 0.5));
      high += (positive * (tp + positive)) / (tp + positive + fp);
    }
    tp += positive;
    fp += negative;
  }
  return tp === 0 ? undefined : around(sum / tp, { from: low / tp, to: high / tp });
}

function around(value: number, { from, to }: Omit<Bounded, "value">): Bounded {
  return { value, from: Math.max(0, Math.min(from, value)), to: Math.min(1, Math.max(to, value)) };
}

function fromHighest(bins: ScoreBins): (readonly [number, number])[] {
  return Object.entries(bins)
    .sort(([a], [b]) => Number(b) - Number(a))
    .map(([, counts]) => counts);
}
