import { finish, type Work } from "../work.ts";
import { BUCKETS, scoreOf, type Tokens, trainLogistic, visitsUs } from "./logistic.ts";
import { rankSum } from "./rankSum.ts";

/** Buckets that are named as what tells the two apart. */
const TELLING_MAX = 20;

/** How well a classifier tells rows of a window from rows of the reference that it was not trained on. */
export type Separation = {
  /** Rows of the reference and of the window that were looked at. */
  readonly referenceRows: number;
  readonly currentRows: number;
  /** The mean over both folds: 0.5 where nothing tells them apart, 1 where everything does. */
  readonly auc: number;
  readonly pValue: number;
  /** What tells them apart, strongest first. */
  readonly telling: readonly TellingBucket[];
};

/** A bucket of tokens, and how often it is hit in each. */
export type TellingBucket = {
  readonly bucket: number;
  readonly referenceShare: number;
  readonly currentShare: number;
};

/**
 * Tells a window's rows from the reference's by a logistic regression on hashed tokens, in two folds: trained on the one half of both,
 * tried on the other (Lopez-Paz and Oquab, ICLR 2017). At least four rows of each, in random order.
 *
 * Where nothing differs, the scores of a fold's rows are exchangeable whatever was trained, so the rank-sum test on them holds; the folds
 * depend on each other, so twice the smaller p-value is the result (Bonferroni).
 */
export function separate(
  reference: readonly Tokens[],
  current: readonly Tokens[],
  seed: number,
): Separation {
  return finish(separation(reference, current, seed));
}

/** The same, piece by piece. */
export function* separation(
  reference: readonly Tokens[],
  current: readonly Tokens[],
  seed: number,
): Work<Separation> {
  const one = halfOf(reference, current, 0);
  const other = halfOf(reference, current, 1);
  const weights = [yield* trainLogistic(one, seed), yield* trainLogistic(other, seed)] as const;
  const folds = [ranked(weights[0], other), ranked(weights[1], one)];
  yield visitsUs(reference) + visitsUs(current);
  return {
    referenceRows: reference.length,
    currentRows: current.length,
    auc: folds.reduce((sum, { auc }) => sum + auc / folds.length, 0),
    pValue: Math.min(1, folds.length * Math.min(...folds.map(({ pValue }) => pValue))),
    telling: tellingOf(reference, current, weights),
  };
}

/** How the scores of rows of both sides rank. */
function ranked(weights: Float64Array, { first, second }: Sides): ReturnType<typeof rankSum> {
  const scores = (rows: readonly Tokens[]) => rows.map((tokens) => scoreOf(weights, tokens));
  return rankSum(scores(first), scores(second));
}

type Sides = { readonly first: readonly Tokens[]; readonly second: readonly Tokens[] };

function halfOf(reference: readonly Tokens[], current: readonly Tokens[], half: 0 | 1): Sides {
  const take = (rows: readonly Tokens[]) => rows.filter((_, index) => index % 2 === half);
  return { first: take(reference), second: take(current) };
}

/** The buckets that add most to the difference of the mean scores. */
function tellingOf(
  reference: readonly Tokens[],
  current: readonly Tokens[],
  weights: readonly Float64Array[],
): readonly TellingBucket[] {
  const [from, to] = [sharesOf(reference), sharesOf(current)];
  return Array.from({ length: BUCKETS }, (_, bucket) => {
    const [referenceShare, currentShare] = [from[bucket] ?? 0, to[bucket] ?? 0];
    const weight = weights.reduce((sum, each) => sum + (each[bucket] ?? 0), 0);
    return { bucket, referenceShare, currentShare, gain: weight * (currentShare - referenceShare) };
  })
    .filter(({ gain }) => gain > 0)
    .sort((a, b) => b.gain - a.gain)
    .slice(0, TELLING_MAX)
    .map(({ gain: _, ...told }) => told);
}

function sharesOf(rows: readonly Tokens[]): Float64Array {
  const hits = new Float64Array(BUCKETS);
  // The last row that hit a bucket, from 1: tokens that share a bucket hit it once.
  const lastRow = new Uint32Array(BUCKETS);
  for (const [row, tokens] of rows.entries()) {
    for (let index = 0; index < tokens.length; index += 1) {
      const token = tokens[index] ?? 0;
      if (lastRow[token] !== row + 1) {
        lastRow[token] = row + 1;
        hits[token] = (hits[token] ?? 0) + 1;
      }
    }
  }
  return hits.map((count) => count / rows.length);
}
