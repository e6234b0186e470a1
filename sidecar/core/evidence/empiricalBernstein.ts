import type { Interval } from "./bernoulliInterval.ts";

/** All that the interval of a mean needs: how many values there were, their sums, and sums of the bets placed on them. */
export type BernsteinState = {
  readonly n: number;
  readonly sum: number;
  /** A quarter, and the squares of the values' distances from the regularised mean when each came. */
  readonly spread: number;
  readonly bets: number;
  readonly betSum: number;
  /** What spread costs the lower and the upper end; they differ in what is believed of the first value, 0 or 1. */
  readonly costs: { readonly from: number; readonly to: number };
};

/** No value yet. */
export const NO_BERNSTEIN: BernsteinState = {
  n: 0,
  sum: 0,
  spread: 0.25,
  bets: 0,
  betSum: 0,
  costs: { from: 0, to: 0 },
};

/**
 * One more value in [0, 1]: the predictable mixture empirical Bernstein sequence (Waudby-Smith and Ramdas, JRSS-B 86, 2024), which is tuned to
 * `alpha` while it runs.
 */
export function addBernstein(state: BernsteinState, value: number, alpha: number): BernsteinState {
  const n = state.n + 1;
  const variance = state.spread / n;
  const bet = Math.min(0.5, Math.sqrt((2 * Math.log(2 / alpha)) / (variance * n * Math.log1p(n))));
  const cost = (believed: number) => (value - believed) ** 2 * (-Math.log1p(-bet) - bet);
  const mean = state.sum / state.n;
  const regularised = (0.5 + state.sum + value) / (n + 1);
  return {
    n,
    sum: state.sum + value,
    spread: state.spread + (value - regularised) ** 2,
    bets: state.bets + bet,
    betSum: state.betSum + bet * value,
    costs: {
      from: state.costs.from + cost(state.n === 0 ? 0 : mean),
      to: state.costs.to + cost(state.n === 0 ? 1 : mean),
    },
  };
}

/** Where the mean of the values' expectations lies at every look with chance 1 - alpha, the alpha that the state was tuned to. */
export function bernsteinInterval(
  { n, bets, betSum, costs }: BernsteinState,
  alpha: number,
): Interval {
  if (n === 0) {
    return { from: 0, to: 1 };
  }
  const radius = (cost: number) => (Math.log(2 / alpha) + cost) / bets;
  return {
    from: Math.max(0, betSum / bets - radius(costs.from)),
    to: Math.min(1, betSum / bets + radius(costs.to)),
  };
}
