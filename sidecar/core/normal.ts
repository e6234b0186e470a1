const SQRT_TWO_PI = Math.sqrt(2 * Math.PI);
/** From here on the tail's continued fraction converges faster than the series about 0. */
const TAIL_FROM = 3;

/** Chance that a standard normal variable is at most x; relative error below 1e-12, in the far tails too. */
export function normalCdf(x: number): number {
  if (x > 0) {
    return 1 - normalCdf(-x);
  }
  return x < -TAIL_FROM ? tail(-x) : 0.5 - bodyBelow(-x);
}

/** The value that a standard normal variable stays below with chance p, in (0, 1). Inverse of `normalCdf`. */
export function normalQuantile(p: number): number {
  if (p > 0.5) {
    return -normalQuantile(1 - p);
  }
  let [below, above] = [-40, 0];
  while (above - below > 1e-14 * Math.max(1, -below)) {
    const middle = (below + above) / 2;
    if (middle === below || middle === above) {
      break;
    }
    if (normalCdf(middle) < p) {
      below = middle;
    } else {
      above = middle;
    }
  }
  return (below + above) / 2;
}

/** Laplace's continued fraction of the upper tail, from its 100th term inwards. */
function tail(x: number): number {
  let fraction = x;
  for (let term = 100; term >= 1; term -= 1) {
    fraction = x + term / fraction;
  }
  return Math.exp((-x * x) / 2) / (SQRT_TWO_PI * fraction);
}

/** The chance of [0, x], by the series x + x^3/3 + x^5/(3 5) + ... */
function bodyBelow(x: number): number {
  let term = x;
  let sum = x;
  for (let odd = 3; term > 1e-17 * sum; odd += 2) {
    term *= (x * x) / odd;
    sum += term;
  }
  return (Math.exp((-x * x) / 2) / SQRT_TWO_PI) * sum;
}
