import { logMeanExp } from "../special.ts";
import { BUCKETS, type Tokens } from "./logistic.ts";

/** What is bet of the capital, as shares. */
const STAKES = [0.05, 0.1, 0.2, 0.4, 0.8] as const;
/** How far one pair may move a score. */
const RATE = 0.3;

/** Bets against "rows are as in the reference", as plain JSON. */
export type PairedBets = {
  /** Pairs seen: as many rows of the reference are used up. */
  pairs: number;
  /** By bucket: what speaks for a row being current. */
  readonly weights: number[];
  /** ln of the capital, by stake. */
  readonly logCapitals: number[];
};

/** Nothing bet. */
export function startBets(): PairedBets {
  return {
    pairs: 0,
    weights: new Array<number>(BUCKETS).fill(0),
    logCapitals: STAKES.map(() => 0),
  };
}

/**
 * Bets on which of two rows is the current one, then learns from it. Each current row needs a row of the reference that was not used before.
 *
 * With a score difference d the capital of a stake s is multiplied by 1 + s tanh(d / 2). Where both rows come from one distribution d is as
 * likely as -d given all that was before, so the factor's mean is 1, whatever was learned: looking after every pair costs nothing (Pandeva,
 * Forré, Ramdas and Shenoy, AISTATS 2024; Shekhar and Ramdas, IEEE Transactions on Information Theory 70, 2024).
 */
export function betOn(
  bets: PairedBets,
  pair: { readonly current: Tokens; readonly reference: Tokens },
): void {
  const { weights, logCapitals } = bets;
  const difference = score(weights, pair.current) - score(weights, pair.reference);
  const edge = Math.tanh(difference / 2);
  for (const [index, stake] of STAKES.entries()) {
    logCapitals[index] = (logCapitals[index] ?? 0) + Math.log1p(stake * edge);
  }
  const step = (RATE * (1 - edge)) / (2 * Math.sqrt(1 + bets.pairs / 100));
  move(weights, pair.current, step);
  move(weights, pair.reference, -step);
  bets.pairs += 1;
}

/** ln of the e-value: of the mean capital over the stakes. It reaches ln(1 / alpha) at any time with chance alpha at most where nothing differs. */
export function logBetsWon({ logCapitals }: PairedBets): number {
  return logMeanExp(logCapitals);
}

function score(weights: readonly number[], tokens: Tokens): number {
  let sum = 0;
  for (let index = 0; index < tokens.length; index += 1) {
    sum += weights[tokens[index] ?? 0] ?? 0;
  }
  return sum;
}

function move(weights: number[], tokens: Tokens, by: number): void {
  const each = by / Math.sqrt(tokens.length);
  for (let index = 0; index < tokens.length; index += 1) {
    const place = tokens[index] ?? 0;
    weights[place] = (weights[place] ?? 0) + each;
  }
}
