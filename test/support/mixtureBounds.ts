import { incompleteBeta, logBeta, logGamma } from "../../sidecar/core/beta.ts";
import { lowerGamma } from "../../sidecar/core/gamma.ts";
import { normalCdf } from "../../sidecar/core/normal.ts";

// Conjugate mixtures and the boundaries they make, to hold our own e-processes against: Howard, Ramdas, McAuliffe and Sekhon, "Time-uniform,
// nonparametric, nonasymptotic confidence sequences", Annals of Statistics 49 (2021), sections 3 and 4. A sum S with intrinsic time V stays
// below the boundary at every look with chance 1 - alpha.

/** Where a boundary is to be tightest: the intrinsic time, and the alpha it is tuned for. */
export type Tuning = { readonly v: number; readonly alpha: number };

/** The weight of the mixing normal that is nearly best there, for a two-sided boundary. */
function weightAt({ v, alpha }: Tuning): number {
  const log = 2 * Math.log(1 / alpha);
  return v / (log + Math.log1p(log));
}

function oneSidedWeightAt({ v, alpha }: Tuning): number {
  return weightAt({ v, alpha: 2 * alpha });
}

/** The boundary of |S| by a normal mixture, for sub-Gaussian S. */
export function normalBound(v: number, alpha: number, tuning: Tuning): number {
  const weight = weightAt(tuning);
  return Math.sqrt((v + weight) * (Math.log1p(v / weight) - 2 * Math.log(alpha)));
}

/** The boundary of S by a half-normal mixture, for sub-Gaussian S. */
export function halfNormalBound(v: number, alpha: number, tuning: Tuning): number {
  const weight = oneSidedWeightAt(tuning);
  const total = v + weight;
  return boundOf(alpha, v, (s) => {
    const gained = (s * s) / (2 * total) + Math.log(normalCdf(s / Math.sqrt(total)));
    return Math.log((4 * weight) / total) / 2 + gained;
  });
}

/** The boundary of S by a gamma mixture, for sub-exponential S of scale 1. */
export function gammaExponentialBound(v: number, alpha: number, tuning: Tuning): number {
  const weight = oneSidedWeightAt(tuning);
  const leading =
    weight * Math.log(weight) - logGamma(weight) - Math.log(lowerGamma(weight, weight));
  const total = v + weight;
  return boundOf(alpha, v, (s) => {
    const logMass = logGamma(total) + Math.log(lowerGamma(total, s + total));
    return leading + logMass - total * Math.log(s + total) + s + v;
  });
}

/** A sum of values in [-g, h] with mean 0, which side of 0 is tested, and where the mixture is tuned. */
export type SubBernoulli = {
  readonly g: number;
  readonly h: number;
  readonly sides: "one" | "two";
  readonly tuning: Tuning;
};

/** ln of the beta-binomial mixture at a sum s with intrinsic time v. */
export function logBetaBinomial(s: number, v: number, of: SubBernoulli): number {
  const { g, h, sides, tuning } = of;
  const weight = sides === "one" ? oneSidedWeightAt(tuning) : weightAt(tuning);
  const prior = Math.max(weight - g * h, 1e-3 * g * h);
  const upTo = sides === "one" ? h / (g + h) : 1;
  const logPart = (a: number, b: number) =>
    logBeta(a, b) + (upTo === 1 ? 0 : Math.log(incompleteBeta(upTo, a, b)));
  const [below, above] = [g * (g + h), h * (g + h)];
  return (
    (v / (g * h)) * Math.log(g + h) -
    ((v + h * s) / above) * Math.log(g) -
    ((v - g * s) / below) * Math.log(h) +
    logPart((prior + v - g * s) / below, (prior + v + h * s) / above) -
    logPart(prior / below, prior / above)
  );
}

/** The boundary of S by the beta-binomial mixture; no sum is beyond v / g. */
export function betaBinomialBound(v: number, alpha: number, of: SubBernoulli): number {
  const most = v / of.g;
  const logM = (s: number) => logBetaBinomial(s, v, of);
  return logM(most) < -Math.log(alpha) ? most : crossing(alpha, most, logM);
}

/** Where ln M(s), which rises, reaches ln(1 / alpha). */
function boundOf(alpha: number, v: number, logM: (s: number) => number): number {
  let most = v;
  while (logM(most) < -Math.log(alpha)) {
    most *= 2;
  }
  return crossing(alpha, most, logM);
}

function crossing(alpha: number, most: number, logM: (s: number) => number): number {
  let [below, above] = [0, most];
  for (let halving = 0; halving < 60; halving += 1) {
    const middle = (below + above) / 2;
    if (logM(middle) < -Math.log(alpha)) {
      below = middle;
    } else {
      above = middle;
    }
  }
  return (below + above) / 2;
}
