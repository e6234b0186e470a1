import type { Interval } from "../../sidecar/core/evidence/bernoulliInterval.ts";

// Betting martingales for the mean of values in [0, 1], and the confidence sequences they make, to hold our own e-processes against:
// Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", JRSS-B 86 (2024). After each value there is one number.

/** The bets of the predictable mixture: sqrt(2 ln(1 / alpha) / (t ln(1 + t) s^2)) with the regularised variance s^2 of what came before. */
export function mixtureBets(values: readonly number[], alpha: number): readonly number[] {
  let [sum, spread] = [0, 0.25];
  return values.map((value, index) => {
    const t = index + 1;
    const bet = Math.sqrt((-2 * Math.log(alpha)) / (t * Math.log1p(t) * (spread / t)));
    sum += value;
    spread += (value - (0.5 + sum) / (t + 1)) ** 2;
    return bet;
  });
}

/** The larger of the two hedged halves of the capital against the mean m: bets that it is higher, and that it is lower. */
export function hedgedCapital(
  values: readonly number[],
  bets: readonly number[],
  m: number,
): readonly number[] {
  let [up, down] = [0.5, 0.5];
  return values.map((value, index) => {
    const bet = bets[index] ?? 0;
    up *= growth(Math.min(bet, 0.5 / m), value - m);
    down *= growth(-Math.min(bet, 0.5 / (1 - m)), value - m);
    return Math.max(up, down);
  });
}

/** The mean over `count` constant bets, evenly spaced, of the capital against the mean m; half of it on each side (a diversified Kelly bet). */
export function diversifiedCapital(
  values: readonly number[],
  count: number,
  m: number,
): readonly number[] {
  const shares = Array.from({ length: count }, (_, index) => (index + 1) / (count + 1));
  const capitals = shares.flatMap((share) => [
    { bet: share / m, capital: 1 },
    { bet: -share / (1 - m), capital: 1 },
  ]);
  return values.map((value) => {
    let total = 0;
    for (const one of capitals) {
      one.capital *= growth(one.bet, value - m);
      total += one.capital;
    }
    return total / capitals.length;
  });
}

/** What a bet pays; one that is infinite pays nothing either way where nothing is gained. */
function growth(bet: number, gain: number): number {
  return gain === 0 ? 1 : Math.max(0, 1 + bet * gain);
}

/**
 * The means on a grid of 1 / steps that the capital does not exclude, one step wider at either end, after each value; everything where it
 * excludes all.
 */
export function gridSequence(
  values: readonly number[],
  grid: { readonly steps: number; readonly alpha: number },
  capitalAt: (m: number) => readonly number[],
): readonly Interval[] {
  const { steps, alpha } = grid;
  const kept: { from: number; to: number }[] = values.map(() => ({ from: steps + 1, to: -1 }));
  for (let at = 0; at <= steps; at += 1) {
    for (const [index, capital] of capitalAt(at / steps).entries()) {
      const here = kept[index];
      if (here !== undefined && capital <= 1 / alpha) {
        here.from = Math.min(here.from, at);
        here.to = at;
      }
    }
  }
  return kept.map(({ from, to }) =>
    to === -1
      ? { from: 0, to: 1 }
      : { from: Math.max(0, from - 1) / steps, to: Math.min(steps, to + 1) / steps },
  );
}
