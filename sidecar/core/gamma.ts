import { logGamma } from "./beta.ts";

const TERMS_MAX = 100_000;
const TINY = 1e-300;

/** P(a, x), the regularised lower incomplete gamma function, for a > 0 and x >= 0; relative error below 1e-10 up to a = 10,000. */
export function lowerGamma(a: number, x: number): number {
  if (x <= 0) {
    return 0;
  }
  return x < a + 1 ? series(a, x) : 1 - fraction(a, x);
}

/** Q(a, x) = 1 - P(a, x), without cancellation in the far tail. */
export function upperGamma(a: number, x: number): number {
  if (x <= 0) {
    return 1;
  }
  return x < a + 1 ? 1 - series(a, x) : fraction(a, x);
}

/** Chance that a chi-squared variable with `df` > 0 degrees of freedom is at least x. */
export function chiSquaredTail(x: number, df: number): number {
  return upperGamma(df / 2, x / 2);
}

/** The x that a chi-squared variable with `df` > 0 degrees of freedom reaches with chance `alpha`, in (0, 1]. Inverse of `chiSquaredTail`. */
export function chiSquaredCritical(alpha: number, df: number): number {
  let [below, above] = [0, df + 1];
  while (chiSquaredTail(above, df) > alpha) {
    [below, above] = [above, 2 * above];
  }
  while (above - below > 1e-14 * above) {
    const middle = (below + above) / 2;
    if (chiSquaredTail(middle, df) > alpha) {
      below = middle;
    } else {
      above = middle;
    }
  }
  return above;
}

/** x^a e^-x / gamma(a), the factor before both expansions. */
function front(a: number, x: number): number {
  return Math.exp(a * Math.log(x) - x - logGamma(a));
}

/** P(a, x) by its power series, which converges fast below the mean. */
function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; n < TERMS_MAX && term > 1e-17 * sum; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return front(a, x) * sum;
}

/** Q(a, x) by Legendre's continued fraction with Lentz's method. */
function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1 / TINY;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < TERMS_MAX; n += 1) {
    const step = n * (a - n);
    b += 2;
    d = 1 / away(b + step * d);
    c = away(b + step / c);
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-15) {
      break;
    }
  }
  return front(a, x) * value;
}

function away(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}
