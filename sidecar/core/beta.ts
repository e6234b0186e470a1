const LANCZOS_G = 7;
/** Lanczos's coefficients for g = 7 (Godfrey 2001). */
const LANCZOS = [
  0.99999999999980993, 676.5203681218851, -1259.1392167224028, 771.32342877765313,
  -176.61502916214059, 12.507343278686905, -0.13857109526572012, 9.9843695780195716e-6,
  1.5056327351493116e-7,
] as const;
const HALF_LOG_TWO_PI = Math.log(2 * Math.PI) / 2;

/** ln of the gamma function at x > 0; relative error below 1e-13. */
export function logGamma(x: number): number {
  if (x < 0.5) {
    return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  }
  const shifted = x - 1;
  let series: number = LANCZOS[0];
  for (let index = 1; index < LANCZOS.length; index += 1) {
    series += (LANCZOS[index] ?? 0) / (shifted + index);
  }
  const t = shifted + LANCZOS_G + 0.5;
  return HALF_LOG_TWO_PI + (shifted + 0.5) * Math.log(t) - t + Math.log(series);
}

/** ln of the beta function at a, b > 0. */
export function logBeta(a: number, b: number): number {
  return logGamma(a) + logGamma(b) - logGamma(a + b);
}

const FRACTION_MAX = 10_000;
const TINY = 1e-300;

/** The regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1]; relative error below 1e-8. */
export function incompleteBeta(x: number, a: number, b: number): number {
  if (x <= 0 || x >= 1) {
    return x <= 0 ? 0 : 1;
  }
  return x > (a + 1) / (a + b + 2) ? 1 - lower(1 - x, b, a) : lower(x, a, b);
}

/** The continued fraction of I_x(a, b) by Lentz's method; converges fast below the mean of the beta distribution. */
function lower(x: number, a: number, b: number): number {
  const logFront = a * Math.log(x) + b * Math.log1p(-x) - logBeta(a, b) - Math.log(a);
  let c = 1;
  let d = 1 / away(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= FRACTION_MAX; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / away(1 + even * d);
    c = away(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / away(1 + odd * d);
    c = away(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) {
      break;
    }
  }
  return Math.exp(logFront) * fraction;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** The x at which I_x(a, b) is p, to 1e-13. */
export function incompleteBetaInverse(p: number, a: number, b: number): number {
  let [below, above] = [0, 1];
  while (above - below > 1e-14 * above) {
    const middle = (below + above) / 2;
    if (incompleteBeta(middle, a, b) < p) {
      below = middle;
    } else {
      above = middle;
    }
    if (middle === below && middle === above) {
      break;
    }
  }
  return (below + above) / 2;
}

/** Between which shares a chance lies that showed k successes in n trials, wrong at most with `alpha` (Clopper and Pearson 1934). For a fixed n. */
export function exactShare(
  { n, k }: { readonly n: number; readonly k: number },
  alpha: number,
): readonly [number, number] {
  return [
    k === 0 ? 0 : incompleteBetaInverse(alpha / 2, k, n - k + 1),
    k === n ? 1 : incompleteBetaInverse(1 - alpha / 2, k + 1, n - k),
  ];
}
