import { addScores, SCORE_STEPS } from "../evidence/boundedMean.ts";
import { addExcesses } from "../evidence/excess.ts";
import type { Tally } from "../evidence/tally.ts";
import type { Variant } from "../observation.ts";
import { ALL_BP, type Traffic } from "../traffic.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";

/** Requests that a variant answers in a window, of which some are copied. */
type Served = {
  readonly truth: Truth;
  readonly traffic: Traffic;
  readonly variant: Variant;
  readonly n: number;
};

/** Requests of one variant that are copied to the other, by which of the two fail. */
type Copies = {
  readonly both: number;
  readonly own: number;
  readonly other: number;
  readonly neither: number;
};

/** Two slots of places where answers differ: that one failed, and what noise and disagreement differ in. */
const STATUS = 0;
const PLACE = 1;

/**
 * Draws the pairs among a variant's requests into a tally, with the second answers of the primary; returns how many requests were copied,
 * how many of these the variant itself failed, and which of the two did. A second answer of the primary fails, and differs in its noise, as the first one does,
 * whatever the others did.
 */
export function drawPairs(
  tally: Tally,
  { truth, traffic, variant, n }: Served,
  random: Random,
): { readonly copied: number; readonly failed: number; readonly copies: Copies } {
  const shadowBp = Math.min(traffic.shadowBp, traffic.noiseBp ?? 0);
  const shares = {
    twice: copiedShare(variant, { ...traffic, shadowBp }),
    all: copiedShare(variant, traffic),
  };
  const twice = random.binomial(n, shares.twice);
  const once = random.binomial(n - twice, conditional(shares.all - shares.twice, shares.twice));
  const sum = { both: 0, own: 0, other: 0, neither: 0 };
  for (const [size, isTwice] of [
    [once, false],
    [twice, true],
  ] as const) {
    const copies = drawCopies(size, { truth, variant }, random);
    const differing = random.binomial(copies.neither, differingShare(truth));
    sum.both += copies.both;
    sum.own += copies.own;
    sum.other += copies.other;
    sum.neither += copies.neither;
    countPairs(tally, { n: size - copies.both, k: copies.own + copies.other + differing });
    if (isTwice) {
      drawExcesses(tally, { truth, variant, copies, differing }, random);
    }
  }
  return { copied: once + twice, failed: sum.both + sum.own, copies: sum };
}

/** Share of the pairs in which neither variant failed that differ: truly, or in their noise. */
export function differingShare({ disagreement, noise }: Truth): number {
  return disagreement + noise - disagreement * noise;
}

/**
 * By how much more often, as a share of the requests that count, the candidate's answer differs than the primary's second one does: in the
 * worse of the two places.
 */
export function excessShare(truth: Truth): number {
  const { both, own: primaryOnly, other: candidateOnly } = jointFailures(truth, "primary");
  const fails = truth.errorRate.primary;
  const neither = Math.max(0, 1 - both - primaryOnly - candidateOnly);
  const counted = neither + candidateOnly + primaryOnly * (1 - fails);
  const noisy = (1 - fails) * truth.noise;
  const inPlace = neither * (differingShare(truth) - noisy) - candidateOnly * noisy;
  const inStatus = candidateOnly * (1 - fails) - neither * fails;
  return counted === 0 ? 0 : Math.max(inPlace, inStatus) / counted;
}

/** Share of a variant's requests that are copied: those whose bucket is below the shadow share, as the candidate's are below its weight. */
export function copiedShare(
  variant: Variant,
  { candidateBp, shadowBp, shadowPrimary }: Traffic,
): number {
  if (variant === "candidate") {
    return shadowPrimary && candidateBp > 0 ? Math.min(1, shadowBp / candidateBp) : 0;
  }
  return candidateBp === ALL_BP ? 0 : Math.max(0, shadowBp - candidateBp) / (ALL_BP - candidateBp);
}

/** Chances that both variants fail a copied request, only this one, and only the other. */
export function jointFailures(
  { errorRate, discordance }: Pick<Truth, "errorRate" | "discordance">,
  variant: Variant,
): { readonly both: number; readonly own: number; readonly other: number } {
  const other = variant === "primary" ? "candidate" : "primary";
  const both = Math.max(0, (errorRate.primary + errorRate.candidate - discordance) / 2);
  return {
    both,
    own: Math.max(0, errorRate[variant] - both),
    other: Math.max(0, errorRate[other] - both),
  };
}

function drawExcesses(
  tally: Tally,
  drawn: {
    readonly truth: Truth;
    readonly variant: Variant;
    readonly copies: Copies;
    readonly differing: number;
  },
  random: Random,
): void {
  const { truth, variant, copies, differing } = drawn;
  const { neither } = copies;
  const [primaryOnly, candidateOnly] =
    variant === "primary" ? [copies.own, copies.other] : [copies.other, copies.own];
  const fails = truth.errorRate.primary;
  const noisy = (1 - fails) * truth.noise;
  const noisyToo = random.binomial(differing, noisy);
  const noisyAlone = random.binomial(neither - differing, noisy);
  const secondFailed = random.binomial(neither - noisyToo - noisyAlone, conditional(fails, noisy));
  const secondFine = random.binomial(candidateOnly, 1 - fails);
  const noisyBeside = random.binomial(secondFine, truth.noise);
  const excesses = {
    n: neither + candidateOnly + random.binomial(primaryOnly, 1 - fails),
    worse: { [STATUS]: secondFine, [PLACE]: differing - noisyToo },
    better: { [STATUS]: secondFailed, [PLACE]: noisyAlone + noisyBeside },
  };
  for (const [name, before] of Object.entries(tally.excesses)) {
    tally.excesses[name] = addExcesses(before, excesses);
  }
}

function drawCopies(
  n: number,
  { truth, variant }: { readonly truth: Truth; readonly variant: Variant },
  random: Random,
): Copies {
  const chances = jointFailures(truth, variant);
  const both = random.binomial(n, chances.both);
  const own = random.binomial(n - both, conditional(chances.own, chances.both));
  const rest = n - both - own;
  const other = random.binomial(rest, conditional(chances.other, chances.both + chances.own));
  return { both, own, other, neither: rest - other };
}

function conditional(chance: number, taken: number): number {
  return taken >= 1 ? 0 : Math.min(1, chance / (1 - taken));
}

function countPairs(tally: Tally, pairs: { readonly n: number; readonly k: number }): void {
  tally.pairs += pairs.n;
  for (const count of Object.values(tally.disagreements)) {
    count.n += pairs.n;
    count.k += pairs.k;
  }
  for (const [name, scores] of Object.entries(tally.scores)) {
    const drawn = { 0: pairs.n - pairs.k, [SCORE_STEPS]: pairs.k };
    tally.scores[name] = addScores(scores, drawn);
  }
}
