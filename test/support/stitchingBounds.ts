// Boundaries stitched of one for each epoch of time, to hold our own e-processes against: Howard, Ramdas, McAuliffe and Sekhon (Annals of
// Statistics 49, 2021), Theorem 1, and for quantiles Howard and Ramdas (Bernoulli 28, 2022), Theorem 3. Epochs grow by 2, with exponent 1.4.

const GROWTH = 2;
const EXPONENT = 1.4;
const K1 = (GROWTH ** 0.25 + GROWTH ** -0.25) / Math.SQRT2;
const K2 = (Math.sqrt(GROWTH) + 1) / 2;

/** The boundary of a sub-Gaussian sum at intrinsic time v, from vMin on. */
export function polynomialBound(v: number, alpha: number, vMin: number): number {
  const time = Math.max(v, vMin);
  const log =
    EXPONENT * Math.log(Math.log((GROWTH * time) / vMin)) +
    Math.log(zeta(EXPONENT) / (alpha * Math.log(GROWTH) ** EXPONENT));
  return Math.sqrt(K1 * K1 * time * log);
}

const SPACING = 0.5;

/** How far above p the share of n observations below the p-quantile may be, for all p at once and all n from `from` on. */
export function quantileRadius(
  { n, p }: { readonly n: number; readonly p: number },
  alpha: number,
  from: number,
): number {
  const time = Math.max(n, from);
  const logit = Math.log(p / (1 - p));
  const nextLogit = logit + 2 * SPACING * Math.sqrt((GROWTH * from) / time);
  const next = p >= 0.5 ? p : Math.min(0.5, 1 / (1 + Math.exp(-nextLogit)));
  const variance = next * (1 - next) * time;
  const place = 1 + (Math.sqrt(time / from) * Math.abs(logit)) / (2 * SPACING);
  const ways = 2 * zeta(EXPONENT);
  const log =
    EXPONENT * (Math.log(Math.log((GROWTH * time) / from)) + Math.log(place)) +
    Math.log((ways * (ways + 1)) / (alpha * Math.log(GROWTH) ** EXPONENT));
  const skew = (K2 * (1 - 2 * p) * log) / 3;
  const between = SPACING * Math.sqrt((GROWTH * variance) / from);
  return (between + Math.sqrt(K1 * K1 * variance * log + skew * skew) + skew) / n;
}

/** Riemann's zeta function at s > 1, by the Euler-Maclaurin formula. */
function zeta(s: number): number {
  const n = 20;
  let sum = 0;
  for (let k = 1; k < n; k += 1) {
    sum += k ** -s;
  }
  const tail = n ** (1 - s) / (s - 1) + n ** -s / 2 + (s * n ** (-s - 1)) / 12;
  return sum + tail - (s * (s + 1) * (s + 2) * n ** (-s - 3)) / 720;
}
