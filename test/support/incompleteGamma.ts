import { logGamma } from "../../sidecar/core/beta.ts";

/** ln of the regularised lower incomplete gamma function P(a, x), for a, x > 0: by its series, or by Lentz's continued fraction of 1 - P. */
export function logLowerGamma(a: number, x: number): number {
  const logFront = a * Math.log(x) - x - logGamma(a);
  return x < a + 1
    ? logFront + Math.log(series(a, x))
    : Math.log1p(-Math.exp(logFront) * fraction(a, x));
}

function series(a: number, x: number): number {
  let term = 1 / a;
  let sum = term;
  for (let n = 1; term > 1e-17 * sum; n += 1) {
    term *= x / (a + n);
    sum += term;
  }
  return sum;
}

function fraction(a: number, x: number): number {
  let b = x + 1 - a;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < 10_000; n += 1) {
    const step = n * (a - n);
    b += 2;
    d = 1 / (b + step * d);
    c = b + step / c;
    value *= c * d;
    if (Math.abs(c * d - 1) < 1e-16) {
      break;
    }
  }
  return value;
}
