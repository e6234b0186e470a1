/** Chances nearer to 0 or 1 than this count as this near in the logarithmic loss: one mistake is worth at most 34.5. */
const CLIP = 1e-15;
const BINS = 10;

/** A stated chance of the positive class, in [0, 1], and what came. */
export type Forecast = { readonly chance: number; readonly positive: boolean };

/** Forecasts in bins of a tenth of stated chance each: all that the figures below need, mergeable by addition. */
export type Calibration = {
  n: number;
  /** Sums over the forecasts. */
  squares: number;
  logLoss: number;
  /** By tenth: how many, the sum of the stated chances, how many were positive. */
  readonly bins: { n: number; chances: number; positives: number }[];
};

/** What forecasts were worth; 0 is best for each. */
export type CalibrationFigures = {
  readonly n: number;
  /** Mean square of stated chance minus outcome, in [0, 1] (Brier 1950). */
  readonly brier: number;
  /** Mean of -ln of the chance stated for what came, each clipped to 1e-15. */
  readonly logLoss: number;
  /** Expected calibration error over 10 bins of equal width: mean distance of stated chance and frequency, weighted by forecasts. */
  readonly ece: number;
};

/** No forecast. */
export function noCalibration(): Calibration {
  const bins = Array.from({ length: BINS }, () => ({ n: 0, chances: 0, positives: 0 }));
  return { n: 0, squares: 0, logLoss: 0, bins };
}

/** Counts a forecast; false, and nothing done, when its chance is none. */
export function addForecast(sums: Calibration, { chance, positive }: Forecast): boolean {
  const bin = sums.bins[Math.min(Math.floor(chance * BINS), BINS - 1)];
  if (!(chance >= 0 && chance <= 1) || bin === undefined) {
    return false;
  }
  const outcome = positive ? 1 : 0;
  sums.n += 1;
  sums.squares += (chance - outcome) ** 2;
  const stated = Math.min(Math.max(chance, CLIP), 1 - CLIP);
  sums.logLoss -= Math.log(positive ? stated : 1 - stated);
  bin.n += 1;
  bin.chances += chance;
  bin.positives += outcome;
  return true;
}

/** Sums two; merge(a, b) equals of(a ++ b), up to rounding. */
export function mergeCalibrations(a: Calibration, b: Calibration): Calibration {
  return {
    n: a.n + b.n,
    squares: a.squares + b.squares,
    logLoss: a.logLoss + b.logLoss,
    bins: a.bins.map((bin, place) => {
      const other = b.bins[place] ?? { n: 0, chances: 0, positives: 0 };
      return {
        n: bin.n + other.n,
        chances: bin.chances + other.chances,
        positives: bin.positives + other.positives,
      };
    }),
  };
}

/** The figures; undefined without a forecast. */
export function calibrationOf(sums: Calibration): CalibrationFigures | undefined {
  const { n } = sums;
  if (n === 0) {
    return undefined;
  }
  const gaps = sums.bins.map(({ chances, positives }) => Math.abs(chances - positives));
  return {
    n,
    brier: sums.squares / n,
    logLoss: sums.logLoss / n,
    ece: gaps.reduce((sum, gap) => sum + gap, 0) / n,
  };
}

/**
 * Expected calibration error over 10 bins of equal counts of the sorted sample, as NannyML 0.13 has it; what is left over after 10 equal
 * parts is in none. 0 for fewer than 10 forecasts. Needs the sample itself.
 */
export function equalCountEce(forecasts: readonly Forecast[]): number {
  const sorted = forecasts.toSorted((a, b) => b.chance - a.chance);
  const width = Math.floor(sorted.length / BINS);
  let sum = 0;
  for (let bin = 0; bin < BINS; bin += 1) {
    const part = sorted.slice(bin * width, (bin + 1) * width);
    const gap = part.reduce((total, each) => total + each.chance - Number(each.positive), 0);
    sum += Math.abs(gap);
  }
  return sum / Math.max(sorted.length, 1);
}
