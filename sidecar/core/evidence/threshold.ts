import { logMeanExp, logSpaced } from "../special.ts";
import type { Count } from "./count.ts";

/** What one bet gains, as natural logarithms: on a request that counts against the candidate, and on one that does not. */
export type Bet = { readonly hit: number; readonly miss: number };

const BETS = 24;

/** Above this limit the grid of multiples would leave (limit, 1), so the rate of *good* ones is spaced instead. */
const HIGH_LIMIT = 0.8;

/**
 * Bets that the rate is above `limit`, in (0, 1): the likelihood ratios of 24 rates q against the limit, with q/limit log-spaced in
 * [1.1, min(20, 0.95 / limit)]. For a limit above 0.8 it is 1 - q that is spaced, in [0.05, 0.95] of 1 - limit.
 */
export function betsAbove(limit: number): readonly Bet[] {
  return remembered(above, limit, makeAbove);
}

/** Bets that the rate is below `limit`, in (0, 1): as `betsAbove`, with q/limit log-spaced in [0.05, 0.95]. */
export function betsBelow(limit: number): readonly Bet[] {
  return remembered(below, limit, makeBelow);
}

function makeAbove(limit: number): readonly Bet[] {
  if (limit > HIGH_LIMIT) {
    return multiplesBelow.map((multiple) => bet((1 - limit) * multiple, 1 - limit)).map(mirrored);
  }
  return logSpaced({ from: 1.1, to: Math.min(20, 0.95 / limit), count: BETS }).map((multiple) =>
    bet(limit * multiple, limit),
  );
}

function makeBelow(limit: number): readonly Bet[] {
  return multiplesBelow.map((multiple) => bet(limit * multiple, limit));
}

/**
 * Natural logarithm of the threshold e-process: the mean over the bets of (q/limit)^k ((1-q)/(1-limit))^(n-k).
 *
 * Each factor's expectation is 1 + (p - limit)(q - limit)/(limit(1 - limit)) at a true rate p, hence at most 1 where p is on the
 * other side of the limit than q. So under its null it is a supermartingale whatever the rate does over time, and so is the mean.
 * Counts may be fractions, for what is expected of the future.
 */
export function logThreshold(bets: readonly Bet[], count: Count): number {
  return logMeanExp(bets.map(({ hit, miss }) => count.k * hit + (count.n - count.k) * miss));
}

/** Limits whose bets are remembered; plans have few, and bets are asked for at every look. */
const REMEMBERED_MAX = 256;
const above = new Map<number, readonly Bet[]>();
const below = new Map<number, readonly Bet[]>();

function remembered(
  known: Map<number, readonly Bet[]>,
  limit: number,
  make: (limit: number) => readonly Bet[],
): readonly Bet[] {
  const found = known.get(limit);
  if (found !== undefined) {
    return found;
  }
  if (known.size >= REMEMBERED_MAX) {
    known.clear();
  }
  const made = make(limit);
  known.set(limit, made);
  return made;
}

const multiplesBelow = logSpaced({ from: 0.05, to: 0.95, count: BETS });

function bet(rate: number, limit: number): Bet {
  return { hit: Math.log(rate / limit), miss: Math.log1p(-rate) - Math.log1p(-limit) };
}

function mirrored(bet: Bet): Bet {
  return { hit: bet.miss, miss: bet.hit };
}
