import { seeded } from "../simulate/random.ts";
import { gaussian } from "./gaussian.ts";

/** Random features of a kernel: their error in a kernel's value is about 1/sqrt(FEATURES). */
export const FEATURES = 256;
/** How many dimensions a point may have. */
export const DIMENSIONS_MAX = 4_096;
const SCALE = Math.sqrt(2 / FEATURES);
/** Pairs of points whose distances give the bandwidth. */
const PAIRS = 1_000;

/** The kernel exp(-|x - y|^2 / (2 bandwidth^2)), and the seed of the random features that stand for it. */
export type Kernel = {
  readonly seed: number;
  readonly bandwidth: number;
  readonly dimensions: number;
};

/**
 * Random Fourier features (Rahimi and Recht, NeurIPS 2007): z(x)_k = sqrt(2 / FEATURES) cos(w_k x + b_k), with w_k normal of deviation
 * 1 / bandwidth and b_k uniform in [0, 2 pi), so that the mean of z(x) z(y) over seeds is the kernel. Remade from the seed, never stored.
 */
export type Projection = {
  readonly dimensions: number;
  /** By dimension, then by feature. */
  readonly weights: Float64Array;
  readonly offsets: Float64Array;
};

/** All that is kept of points to know their mean in the kernel's space. */
export type KernelSums = {
  n: number;
  /** Of z, by feature. */
  sum: number[];
  /** Of |z|^2. */
  squares: number;
};

/** A kernel whose bandwidth is the median distance between the points (two at least; 1 where most are equal). Looks at 1,000 pairs. */
export function kernelOf(points: readonly ArrayLike<number>[], seed: number): Kernel {
  const random = seeded(seed);
  const pick = (): ArrayLike<number> => points[Math.floor(random.next() * points.length)] ?? [];
  const distances = Array.from({ length: PAIRS }, () => squaredDistance(pick(), pick()))
    .filter((distance) => distance > 0)
    .sort((a, b) => a - b);
  const median = distances[Math.floor(distances.length / 2)] ?? 1;
  return { seed, bandwidth: Math.sqrt(median), dimensions: points[0]?.length ?? 0 };
}

/** The random features of a kernel. */
export function projectionOf({ seed, bandwidth, dimensions }: Kernel): Projection {
  const random = seeded(seed);
  const offsets = Float64Array.from({ length: FEATURES }, () => 2 * Math.PI * random.next());
  const weights = Float64Array.from(
    { length: dimensions * FEATURES },
    () => gaussian(random) / bandwidth,
  );
  return { dimensions, weights, offsets };
}

/** z(x) of a point. Zeros cost little. */
export function featuresOf(
  { dimensions, weights, offsets }: Projection,
  point: ArrayLike<number>,
): Float64Array {
  const z = offsets.slice();
  for (let dimension = 0; dimension < dimensions; dimension += 1) {
    const value = point[dimension] ?? 0;
    if (value !== 0) {
      const from = dimension * FEATURES;
      for (let feature = 0; feature < FEATURES; feature += 1) {
        z[feature] = (z[feature] ?? 0) + value * (weights[from + feature] ?? 0);
      }
    }
  }
  for (let feature = 0; feature < FEATURES; feature += 1) {
    z[feature] = SCALE * Math.cos(z[feature] ?? 0);
  }
  return z;
}

/** No point yet. */
export function startSums(): KernelSums {
  return { n: 0, sum: new Array<number>(FEATURES).fill(0), squares: 0 };
}

/** Adds the features of one point. */
export function addFeatures(sums: KernelSums, z: Float64Array): void {
  sums.n += 1;
  for (let feature = 0; feature < FEATURES; feature += 1) {
    const value = z[feature] ?? 0;
    sums.sum[feature] = (sums.sum[feature] ?? 0) + value;
    sums.squares += value * value;
  }
}

/** The mean of z; all 0 without points. */
export function meanOf({ n, sum }: KernelSums): readonly number[] {
  return sum.map((value) => value / Math.max(n, 1));
}

/**
 * The squared maximum mean discrepancy of two sets of two points or more each, without bias (Gretton and others, JMLR 13, 2012), on the
 * random features: the squared distance of the means less what each mean's own error adds to it. May be a little below 0.
 */
export function mmdSquared(a: KernelSums, b: KernelSums): number {
  return squaredDistance(meanOf(a), meanOf(b)) - errorOf(a) - errorOf(b);
}

/** The squared Euclidean distance. */
export function squaredDistance(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0);
    sum += difference * difference;
  }
  return sum;
}

/** The mean squared error of a mean, estimated without bias. */
function errorOf(sums: KernelSums): number {
  const length = meanOf(sums).reduce((sum, value) => sum + value * value, 0);
  return (sums.squares / sums.n - length) / (sums.n - 1);
}
