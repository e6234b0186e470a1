const A = 0.85;

/**
 * How far the distribution function of n observations may be from the true one anywhere, at every n >= from, with chance 1 - alpha
 * (Howard and Ramdas, Theorem 2, with their A = 0.85): infinite before.
 */
export function distributionBand(
  { n, from }: { readonly n: number; readonly from: number },
  alpha: number,
): number {
  return n < from
    ? Number.POSITIVE_INFINITY
    : A * Math.sqrt((Math.log1p(Math.log(n / from)) + bandConstant(alpha)) / n);
}

/** The least C for which the theorem's chance of ever leaving the band, minimised over eta, is at most alpha. */
function bandConstant(alpha: number): number {
  // The closed form 0.8 ln(1612 / alpha) is safe, and about 2 % larger.
  let [least, most] = [0, 0.8 * Math.log(1612 / alpha) + 1];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (least + most) / 2;
    if (leaving(middle) > alpha) {
      least = middle;
    } else {
      most = middle;
    }
  }
  return most;
}

/** The smallest bound over eta on the chance of leaving the band with the constant C; it has one minimum. */
function leaving(c: number): number {
  const bound = (logEta: number): number => {
    const eta = Math.exp(logEta);
    const gamma = A - Math.sqrt((2 * Math.expm1(logEta)) / c);
    const gammaSquared = (2 / eta) * gamma * gamma;
    return gamma <= 0 || gammaSquared <= 1
      ? Number.POSITIVE_INFINITY
      : 4 * Math.exp(-gammaSquared * c) * (1 + 1 / ((gammaSquared - 1) * logEta));
  };
  let [below, above] = [0, 0.2];
  for (let third = 0; third < 100; third += 1) {
    const [left, right] = [below + (above - below) / 3, above - (above - below) / 3];
    if (bound(left) <= bound(right)) {
      above = right;
    } else {
      below = left;
    }
  }
  return bound(below);
}
