import { incompleteBeta } from "../../sidecar/core/beta.ts";
import { walkDistributions } from "../../sidecar/core/drift/empirical.ts";
import { sharePairs, sum } from "../../sidecar/core/drift/shares.ts";
import { normalCdf } from "../../sidecar/core/normal.ts";

// Tests that the product does not use, as references: they check the walk along two samples and the special functions against other
// implementations, and say what the alternatives would have found.

type Sample = readonly number[];
type Test = { readonly statistic: number; readonly pValue: number };

/** Total variation distance of two counts over the same bins: half the sum of the differences of shares. */
export function totalVariation(reference: Sample, current: Sample): number {
  return sum(sharePairs(reference, current).map(([p, q]) => Math.abs(p - q))) / 2;
}

/** Energy distance of two ascending samples: the root of twice the area of the squared difference of their distribution functions (Székely and Rizzo 2013). */
export function energyDistance(a: Sample, b: Sample): number {
  let area = 0;
  walkDistributions(a, b, (difference, width) => {
    area += difference * difference * width;
  });
  return Math.sqrt(2 * area);
}

/** Mann and Whitney's U of the first sample, and its two-sided chance by the normal approximation with corrections for ties and continuity. */
export function mannWhitney(a: Sample, b: Sample): Test {
  const [n, m, all] = [a.length, b.length, a.length + b.length];
  const ranks = midRanks([...a, ...b]);
  const u = sum(ranks.slice(0, n)) - (n * (n + 1)) / 2;
  const counts = new Map<number, number>();
  for (const value of [...a, ...b]) {
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  const ties = sum([...counts.values()].map((count) => count ** 3 - count));
  const deviation = Math.sqrt(((n * m) / 12) * (all + 1 - ties / (all * (all - 1))));
  const z = (Math.max(u, n * m - u) - (n * m) / 2 - 0.5) / deviation;
  return { statistic: u, pValue: Math.min(1, 2 * normalCdf(-z)) };
}

/** The two-sample statistic of Cramér and von Mises (Anderson, Annals of Mathematical Statistics 33, 1962), and its chance by the limit law. */
export function cramerVonMises(a: Sample, b: Sample): Test {
  const [n, m, all] = [a.length, b.length, a.length + b.length];
  const ranks = midRanks([...a, ...b]);
  const off = (part: Sample) =>
    sum(part.toSorted((x, y) => x - y).map((rank, i) => (rank - i - 1) ** 2));
  const u = n * off(ranks.slice(0, n)) + m * off(ranks.slice(n));
  const statistic = u / (n * m * all) - (4 * n * m - 1) / (6 * all);
  const mean = (1 + 1 / all) / 6;
  const variance =
    ((all + 1) * (4 * n * m * all - 3 * (n * n + m * m) - 2 * n * m)) /
    (45 * all * all * 4 * n * m);
  return {
    statistic,
    pValue: 1 - limitBody(1 / 6 + (statistic - mean) / Math.sqrt(45 * variance)),
  };
}

/** Welch's t of two samples, and its two-sided chance. */
export function welch(a: Sample, b: Sample): Test {
  const [from, to] = [a, b].map((values) => {
    const mean = sum(values) / values.length;
    const squares = sum(values.map((value) => (value - mean) ** 2));
    return { mean, variance: squares / (values.length - 1) / values.length, n: values.length };
  });
  const [va, vb] = [from?.variance ?? 0, to?.variance ?? 0];
  const statistic = ((from?.mean ?? 0) - (to?.mean ?? 0)) / Math.sqrt(va + vb);
  const degrees = (va + vb) ** 2 / (va ** 2 / ((from?.n ?? 0) - 1) + vb ** 2 / ((to?.n ?? 0) - 1));
  return {
    statistic,
    pValue: incompleteBeta(degrees / (degrees + statistic ** 2), degrees / 2, 0.5),
  };
}

/** Ranks from 1; equal values share the mean of theirs. */
function midRanks(values: Sample): Sample {
  const sorted = values.toSorted((x, y) => x - y);
  return values.map((value) => (sorted.indexOf(value) + sorted.lastIndexOf(value)) / 2 + 1);
}

/** Limit distribution of the statistic: a series of modified Bessel functions K_1/4 (Csörgő and Faraway, JRSS-B 58, 1996). */
function limitBody(x: number): number {
  let [total, coefficient] = [0, 1];
  for (let k = 0; k < 20; k += 1) {
    const y = (4 * k + 1) ** 2 / (16 * x);
    total += coefficient * Math.sqrt(4 * k + 1) * scaledBessel(y) * Math.exp(-2 * y);
    coefficient *= (k + 0.5) / (k + 1);
  }
  return total / (Math.PI * Math.sqrt(x));
}

/** e^y K_1/4(y), by the trapezoidal rule on its integral over e^(-y (cosh t - 1)) cosh(t / 4), which converges faster than any power. */
function scaledBessel(y: number): number {
  const step = 0.01;
  let total = 0.5;
  for (let t = step; y * (Math.cosh(t) - 1) < 745; t += step) {
    total += Math.exp(-y * (Math.cosh(t) - 1)) * Math.cosh(t / 4);
  }
  return total * step;
}
