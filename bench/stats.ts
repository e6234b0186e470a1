/** Middle value of the sorted list, or the mean of the two middle ones. Throws on an empty list: there is nothing to report. */
export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/**
 * The value below which the share `q` (0 to 1) of the list lies, with linear interpolation between neighbours
 * (type 7 of Hyndman and Fan, 1996, what R and NumPy do by default). Throws on an empty list.
 */
export function quantile(values: readonly number[], q: number): number {
  const sorted = Float64Array.from(values).sort();
  const position = (sorted.length - 1) * q;
  const low = sorted[Math.floor(position)];
  const high = sorted[Math.ceil(position)];
  if (low === undefined || high === undefined) {
    throw new RangeError("a quantile of no values was asked for: the round measured nothing");
  }
  return low + (high - low) * (position - Math.floor(position));
}

/** One round: both sides were measured within seconds of each other, so what slows the machine slows both. */
export type Round = { readonly ours: number; readonly native: number };

/** A ratio of interleaved rounds, with what it was made of. */
export type RatioSummary = {
  /** Median over the rounds of ours / native. */
  readonly ratio: number;
  readonly lowest: number;
  readonly highest: number;
  readonly oursMedian: number;
  readonly nativeMedian: number;
  readonly rounds: readonly Round[];
};

/** The median of the ratios of each round, not the ratio of two medians: a slow spell of the machine cancels within its round. */
export function summariseRounds(rounds: readonly Round[]): RatioSummary {
  const ratios = rounds.map((round) => round.ours / round.native);
  return {
    ratio: median(ratios),
    lowest: Math.min(...ratios),
    highest: Math.max(...ratios),
    oursMedian: median(rounds.map((round) => round.ours)),
    nativeMedian: median(rounds.map((round) => round.native)),
    rounds,
  };
}
