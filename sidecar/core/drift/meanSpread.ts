import { chiSquaredCritical, chiSquaredTail } from "../gamma.ts";
import { normalCdf, normalQuantile } from "../normal.ts";
import { squaredDistance } from "./kernelMean.ts";

/** Points whose inner products are taken, all with all. */
const PRODUCTS_OF = 256;
/** From this many degrees of freedom on the chi-squared distribution is taken for the normal one. */
const NORMAL_FROM = 100_000;

/** What says how far the means of samples of one population lie apart by chance: of its covariance matrix S, and of its points. */
export type MeanSpread = {
  /** tr S, tr S^2 and tr S^3. */
  readonly traces: readonly [number, number, number];
  /** Variance of a point's squared distance from the mean. */
  readonly squaresVariance: number;
};

/** The rows of two samples. */
export type SampleSizes = { readonly referenceRows: number; readonly currentRows: number };

/**
 * The spread of points (three at least) about their mean. tr S^2 and tr S^3 are means of inner products of different points, without bias, of
 * the first 256: no matrix of the dimensions is needed.
 */
export function meanSpreadOf(
  points: readonly ArrayLike<number>[],
  mean: ArrayLike<number>,
): MeanSpread {
  const squares = points.map((point) => squaredDistance(point, mean));
  const trace = squares.reduce((sum, square) => sum + square, 0) / points.length;
  const squaresVariance =
    squares.reduce((sum, square) => sum + (square - trace) ** 2, 0) / points.length;
  const [second, third] = cyclicMeans(
    points.slice(0, PRODUCTS_OF).map((point) => minus(point, mean)),
  );
  return { traces: [trace, Math.max(0, second), Math.max(0, third)], squaresVariance };
}

/**
 * Chance that the means of two samples of the population are at least so far apart (squared distance). Over 1/n + 1/m, that is a sum of
 * chi-squared variables weighted by the eigenvalues of S as n and m grow. Its mean, variance (with a correction for few rows) and skewness are
 * known from the traces, and a shifted chi-squared variable with the same three takes its place (Pearson 1959; Imhof, Biometrika 48, 1961).
 * Holds well for bounded points; where tails are so heavy that one point moves the mean of all, small p-values are too small.
 */
export function meanDistancePValue(
  spread: MeanSpread,
  sizes: SampleSizes,
  squared: number,
): number {
  const { mean, deviation, df } = shapeOf(spread, sizes);
  const standardised = (squared - mean) / deviation;
  if (!(deviation > 0)) {
    return squared > mean ? 0 : 1;
  }
  return df >= NORMAL_FROM
    ? normalCdf(-standardised)
    : chiSquaredTail(df + standardised * Math.sqrt(2 * df), df);
}

/** The squared distance that has the p-value `alpha`. Inverse of `meanDistancePValue`. */
export function meanDistanceCritical(
  spread: MeanSpread,
  sizes: SampleSizes,
  alpha: number,
): number {
  const { mean, deviation, df } = shapeOf(spread, sizes);
  const standardised =
    df >= NORMAL_FROM
      ? -normalQuantile(alpha)
      : (chiSquaredCritical(alpha, df) - df) / Math.sqrt(2 * df);
  return mean + deviation * standardised;
}

/** Mean and deviation of the squared distance, and the degrees of freedom of the chi-squared variable with its skewness. */
function shapeOf(
  { traces: [first, second, third], squaresVariance }: MeanSpread,
  { referenceRows, currentRows }: SampleSizes,
): { readonly mean: number; readonly deviation: number; readonly df: number } {
  const scale = 1 / referenceRows + 1 / currentRows;
  const fourth = squaresVariance * (referenceRows ** -3 + currentRows ** -3);
  const variance = 2 * second * scale * scale + fourth;
  const thirdMoment = 8 * third * scale ** 3;
  return {
    mean: first * scale,
    deviation: Math.sqrt(variance),
    df: thirdMoment > 0 ? (8 * variance ** 3) / thirdMoment ** 2 : NORMAL_FROM,
  };
}

/** The means of <a, b>^2 and of <a, b><b, c><c, a> over different points. */
function cyclicMeans(points: readonly Float64Array[]): readonly [number, number] {
  const n = points.length;
  const products = points.map((a, i) =>
    Float64Array.from(points, (b, j) => (i === j ? 0 : product(a, b))),
  );
  let [second, third] = [0, 0];
  for (const [i, row] of products.entries()) {
    for (let j = 0; j < i; j += 1) {
      const between = row[j] ?? 0;
      second += 2 * between * between;
      third += 2 * between * product(row, products[j] ?? row);
    }
  }
  return [second / (n * (n - 1)), third / (n * (n - 1) * (n - 2))];
}

function product(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    sum += (a[index] ?? 0) * (b[index] ?? 0);
  }
  return sum;
}

function minus(point: ArrayLike<number>, mean: ArrayLike<number>): Float64Array {
  return Float64Array.from(point, (value, index) => value - (mean[index] ?? 0));
}
