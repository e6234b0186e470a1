import { logGamma } from "./beta.ts";

/** Up to this many values the distribution is computed exactly wherever its tail does not do. */
const EXACT_MAX = 140;
/** From here on the exact matrix is too large to raise to a power. */
const MATRIX_MAX = 10_000;

/** Chance that Kolmogorov's limit variable, sup |Brownian bridge|, is at least z > 0. By whichever of its two series converges fast. */
export function kolmogorovTail(z: number): number {
  return z < 1 ? 1 - limitBody(z) : limitTail(z);
}

/**
 * Chance that the largest distance of the empirical distribution of n independent values from their continuous distribution is at least
 * d: exact up to 140 values; beyond, as precise as the algorithm of Simard and L'Ecuyer (Journal of Statistical Software 39, 2011), whose
 * regions these are: Miller's tail where it is precise, the exact matrix of Marsaglia, Tsang and Wang (2003) where it is small, and the
 * expansion of Pelz and Good (JRSS-B 38, 1976) between.
 */
export function kolmogorovFiniteTail(d: number, n: number): number {
  const scaled = n * d * d;
  if (d >= 1 || n * d <= 0.5) {
    return d >= 1 ? 0 : 1;
  }
  if (n * d >= n - 1 || d >= 0.5 || scaled >= (n <= EXACT_MAX ? 4 : 2.2)) {
    return Math.min(1, 2 * oneSidedTail(d, n));
  }
  const matrix = n <= EXACT_MAX || (n <= MATRIX_MAX && n * d ** 1.5 <= 1.4);
  return Math.min(1, Math.max(0, 1 - (matrix ? matrixBody(d, n) : expansionBody(d, n))));
}

/**
 * Chance that the empirical distribution of n values is anywhere at least d above (below) the true one, exactly (Birnbaum and Tingey, Annals of
 * Mathematical Statistics 22, 1951). Twice this is the two-sided chance but for both happening, which costs exp(-6 n d^2) of it.
 */
export function oneSidedTail(d: number, n: number): number {
  if (n * d * d > 370) {
    return 0;
  }
  let logChoose = 0;
  let sum = 0;
  for (let j = 0; j < n * (1 - d); j += 1) {
    const above = 1 - d - j / n;
    sum +=
      above > 0
        ? Math.exp(logChoose + (j - 1) * Math.log(1 - above) + (n - j) * Math.log(above))
        : 0;
    logChoose += Math.log((n - j) / (j + 1));
  }
  return Math.min(1, d * sum);
}

function limitTail(z: number): number {
  let sum = 0;
  for (let k = 4; k >= 1; k -= 1) {
    sum = Math.exp(-2 * (2 * k - 1) * z * z) * (1 - sum);
  }
  return 2 * sum;
}

function limitBody(z: number): number {
  let sum = 0;
  for (let k = 1; k <= 9; k += 2) {
    sum += Math.exp(-((k * Math.PI) ** 2) / (8 * z * z));
  }
  return (Math.sqrt(2 * Math.PI) / z) * sum;
}

/** P(D < d): n!/n^n times the middle entry of the n-th power of the matrix of steps between the two lines. */
function matrixBody(d: number, n: number): number {
  const k = Math.floor(n * d) + 1;
  const { matrix, logScale } = power(stepMatrix(k, k - n * d), n);
  const middle = (k - 1) * (2 * k - 1) + k - 1;
  return Math.exp(Math.log(matrix[middle] ?? 0) + logScale + logGamma(n + 1) - n * Math.log(n));
}

/** Row by row: 1/(i-j+1)! on and below the diagonal's upper neighbour, less what the first column and the last row lose to the lines. */
function stepMatrix(k: number, h: number): Float64Array {
  const size = 2 * k - 1;
  return Float64Array.from({ length: size * size }, (_, index) => {
    const [row, column] = [Math.floor(index / size), index % size];
    if (column > row + 1) {
      return 0;
    }
    const first = column === 0 ? h ** (row + 1) : 0;
    const last = row === size - 1 ? h ** (size - column) : 0;
    const both = column === 0 && row === size - 1 ? Math.max(0, 2 * h - 1) ** size : 0;
    return (1 - first - last + both) * Math.exp(-logGamma(row - column + 2));
  });
}

type Scaled = { readonly matrix: Float64Array; readonly logScale: number };

/** A matrix to the power n >= 1 by squaring, with its scale kept apart as it leaves the range of numbers. */
function power(matrix: Float64Array, n: number): Scaled {
  if (n === 1) {
    return { matrix, logScale: 0 };
  }
  const half = power(matrix, Math.floor(n / 2));
  const square = product(half, half);
  return n % 2 === 0 ? square : product(square, { matrix, logScale: 0 });
}

function product(a: Scaled, b: Scaled): Scaled {
  const size = Math.sqrt(a.matrix.length);
  const matrix = new Float64Array(size * size);
  for (let row = 0; row < size; row += 1) {
    for (let inner = 0; inner < size; inner += 1) {
      const factor = a.matrix[row * size + inner] ?? 0;
      for (let column = 0; column < size; column += 1) {
        const at = row * size + column;
        matrix[at] = (matrix[at] ?? 0) + factor * (b.matrix[inner * size + column] ?? 0);
      }
    }
  }
  const largest = matrix.reduce((most, entry) => Math.max(most, entry), 0);
  return {
    matrix: matrix.map((entry) => entry / largest),
    logScale: a.logScale + b.logScale + Math.log(largest),
  };
}

/** P(D < d) by Pelz and Good's four terms in 1 / sqrt(n), in the form of Simard and L'Ecuyer. */
function expansionBody(d: number, n: number): number {
  const z = Math.sqrt(n) * d;
  const z2 = z * z;
  const sums = [0, 0, 0, 0, 0, 0];
  for (let k = 0; k < 40; k += 1) {
    const [halves, wholes] = [(Math.PI * (k + 0.5)) ** 2, (Math.PI * k) ** 2];
    const [half, whole] = [Math.exp(-halves / (2 * z2)), Math.exp(-wholes / (2 * z2))];
    const terms = [...halfTerms(halves, z2), wholes, wholes * (3 * z2 - wholes)];
    for (const [index, term] of terms.entries()) {
      sums[index] = (sums[index] ?? 0) + term * (index < 4 ? half : whole);
    }
  }
  const [zeroth = 0, first = 0, second = 0, third = 0, secondWhole = 0, thirdWhole = 0] = sums;
  const expansion =
    zeroth / z +
    first / (6 * z ** 4 * Math.sqrt(n)) +
    (second / (72 * z ** 7) - secondWhole / (36 * z ** 3)) / n +
    (third / (6480 * z ** 10) + thirdWhole / (216 * z ** 6)) / n ** 1.5;
  return Math.sqrt(2 * Math.PI) * expansion;
}

/** The polynomials of the terms of order 0 to 3 in `a` = (pi (k + 1/2))^2 and z^2. */
function halfTerms(a: number, z2: number): readonly number[] {
  return [
    1,
    a - z2,
    6 * z2 ** 3 + 2 * z2 ** 2 + a * (2 * z2 ** 2 - 5 * z2) + a ** 2 * (1 - 2 * z2),
    a ** 3 * (5 - 30 * z2) +
      a ** 2 * (212 * z2 ** 2 - 60 * z2) +
      a * (135 * z2 ** 2 - 96 * z2 ** 3) -
      30 * z2 ** 3 -
      90 * z2 ** 4,
  ];
}
