import { logMeanExp, logSpaced } from "../special.ts";
import type { Interval } from "./bernoulliInterval.ts";

/** Steps of a score from 0 to 1 that are told apart. */
export const SCORE_STEPS = 256;

/** Scores in [0, 1] as counts by step (0 to 256; steps without any are left out): bounded and mergeable by addition. */
export type Scores = Readonly<Record<string, number>>;

/** The step nearest to a score; scores outside [0, 1] count as its ends, what is no number as 1. */
export function stepOf(score: number): number {
  return Number.isNaN(score)
    ? SCORE_STEPS
    : Math.round(Math.min(Math.max(score, 0), 1) * SCORE_STEPS);
}

/** Sums two counts of scores. */
export function addScores(a: Scores, b: Scores): Record<string, number> {
  const sum: Record<string, number> = { ...a };
  for (const [step, count] of Object.entries(b)) {
    sum[step] = (sum[step] ?? 0) + count;
  }
  return sum;
}

/** How many scores there are, and their mean; undefined for none. */
export function meanOf(scores: Scores): { readonly n: number; readonly mean: number | undefined } {
  const values = valuesOf(scores);
  const n = values.reduce((total, { count }) => total + count, 0);
  const sum = values.reduce((total, { value, count }) => total + value * count, 0);
  return { n, mean: n === 0 ? undefined : sum / n };
}

/** A value in [0, 1] and how often it was seen. */
export type Valued = { readonly value: number; readonly count: number };

/** The scores as values. */
export function valuesOf(scores: Scores): readonly Valued[] {
  return Object.entries(scores).map(([step, count]) => ({
    value: Number(step) / SCORE_STEPS,
    count,
  }));
}

const BETS = 24;
/** Above this limit the bets are on what is missing to 1, as in the threshold test. */
const HIGH_LIMIT = 0.8;

/**
 * ln of the e-process against "the mean is at most `limit`", in (0, 1): the mean over 24 bets of prod(1 + lambda (x - limit)) with
 * lambda = (q - limit) / (limit (1 - limit)) for the means q of the threshold test; for values 0 and 1 it is that test. Each factor is
 * positive for x in [0, 1], and has a mean of at most 1 under the null, whatever else changes over time (Waudby-Smith and Ramdas,
 * "Estimating means of bounded random variables by betting", JRSS-B 86, 2024).
 */
export function logMeanAbove(values: readonly Valued[], limit: number): number {
  if (limit > HIGH_LIMIT) {
    const rest = values.map(({ value, count }) => ({ value: 1 - value, count }));
    return logBets(rest, 1 - limit, multiplesBelow);
  }
  const multiples = logSpaced({ from: 1.1, to: Math.min(20, 0.95 / limit), count: BETS });
  return logBets(values, limit, multiples);
}

/** ln of the e-process against "the mean is at least `limit`". */
export function logMeanBelow(values: readonly Valued[], limit: number): number {
  return logBets(values, limit, multiplesBelow);
}

const multiplesBelow = logSpaced({ from: 0.05, to: 0.95, count: BETS });

function logBets(values: readonly Valued[], limit: number, multiples: readonly number[]): number {
  return logMeanExp(
    multiples.map((multiple) => {
      const lambda = (limit * multiple - limit) / (limit * (1 - limit));
      return values.reduce(
        (sum, { value, count }) => sum + count * Math.log1p(lambda * (value - limit)),
        0,
      );
    }),
  );
}

/**
 * The means that neither e-process excludes at alpha / 2 each: with chance 1 - alpha it holds the true mean at every look. For people.
 */
export function meanInterval(values: readonly Valued[], alpha: number): Interval {
  const limit = -Math.log(alpha / 2);
  const n = values.reduce((sum, { count }) => sum + count, 0);
  const mean = values.reduce((sum, { value, count }) => sum + value * count, 0) / Math.max(n, 1);
  return {
    from: boundary((at) => at > 0 && logMeanAbove(values, at) >= limit, {
      excluded: 0,
      kept: mean,
    }),
    to: boundary((at) => at < 1 && logMeanBelow(values, at) >= limit, { excluded: 1, kept: mean }),
  };
}

function boundary(
  isExcluded: (at: number) => boolean,
  between: { readonly excluded: number; readonly kept: number },
): number {
  let { excluded, kept } = between;
  for (let halving = 0; halving < 40; halving += 1) {
    const middle = (excluded + kept) / 2;
    if (isExcluded(middle)) {
      excluded = middle;
    } else {
      kept = middle;
    }
  }
  return excluded;
}
