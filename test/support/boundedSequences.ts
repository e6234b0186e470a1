import type { Interval } from "../../sidecar/core/evidence/bernoulliInterval.ts";
import { mixtureBets } from "./bettingSequences.ts";
import { gammaExponentialBound, normalBound } from "./mixtureBounds.ts";

// Confidence sequences for the mean of values in [0, 1] from a boundary or from predictable bets, to hold our own against; one interval after
// each value, wrong at any look with chance alpha.

/** By predictable bets and Hoeffding's inequality (Waudby-Smith and Ramdas, JRSS-B 86, 2024, section 3.1). */
export function hoeffdingSequence(values: readonly number[], alpha: number): readonly Interval[] {
  const log = Math.log(2 / alpha);
  let [bets, betSum, cost] = [0, 0, 0];
  return values.map((value, index) => {
    const t = index + 1;
    const bet = Math.min(1, Math.sqrt((8 * log) / (t * Math.log1p(t))));
    bets += bet;
    betSum += bet * value;
    cost += (bet * bet) / 8;
    const radius = (log + cost) / bets;
    return within(betSum / bets - radius, betSum / bets + radius);
  });
}

/** By predictable bets and an empirical Bernstein inequality (the same, section 3.2): each bet is at most one half. */
export function bernsteinSequence(values: readonly number[], alpha: number): readonly Interval[] {
  const log = Math.log(2 / alpha);
  const all = mixtureBets(values, alpha / 2);
  let [sum, bets, betSum] = [0, 0, 0];
  const costs = { from: 0, to: 0 };
  return values.map((value, index) => {
    const bet = Math.min(0.5, all[index] ?? 0);
    const cost = (believed: number) => (value - believed) ** 2 * (-Math.log1p(-bet) - bet);
    costs.from += cost(index === 0 ? 0 : sum / index);
    costs.to += cost(index === 0 ? 1 : sum / index);
    sum += value;
    bets += bet;
    betSum += bet * value;
    return within((betSum - log - costs.from) / bets, (betSum + log + costs.to) / bets);
  });
}

/** By a normal mixture, tightest after `tunedTo` values: values in [0, 1] are sub-Gaussian with variance 1/4. */
export function normalSequence(
  values: readonly number[],
  alpha: number,
  tunedTo: number,
): readonly Interval[] {
  let sum = 0;
  return values.map((value, index) => {
    const t = index + 1;
    sum += value;
    const radius = normalBound(t / 4, alpha, { v: tunedTo / 4, alpha }) / t;
    return within(sum / t - radius, sum / t + radius);
  });
}

/** The lower end by an empirical Bernstein bound with a gamma mixture, tightest at the intrinsic time `v`. */
export function bernsteinLower(
  values: readonly number[],
  alpha: number,
  v: number,
): readonly number[] {
  let [sum, spread] = [0, 0];
  return values.map((value, index) => {
    const t = index + 1;
    spread += (value - (index === 0 ? 0.5 : sum / index)) ** 2;
    sum += value;
    return Math.max(0, sum / t - gammaExponentialBound(spread, alpha, { v, alpha }) / t);
  });
}

/**
 * The half-width of the asymptotic confidence sequence for a mean after n values of this variance, tightest at `tunedTo` (Waudby-Smith, Arbour,
 * Sinha, Kennedy and Ramdas, "Time-uniform central limit theory", Annals of Statistics 52, 2024). No guarantee for any n.
 */
export function asymptoticRadius(
  { n, variance }: { readonly n: number; readonly variance: number },
  alpha: number,
  tunedTo: number,
): number {
  const log = -2 * Math.log(alpha);
  const weight = (n * (log + Math.log1p(log))) / tunedTo + 1;
  const squared = (2 * weight) / (n * (weight - 1));
  return Math.sqrt(variance * squared * Math.log(Math.sqrt(weight) / alpha));
}

function within(from: number, to: number): Interval {
  return { from: Math.max(0, from), to: Math.min(1, to) };
}
