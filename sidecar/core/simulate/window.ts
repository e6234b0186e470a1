import { emptyTally, type Tally } from "../evidence/tally.ts";
import type { Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { ALL_BP, type Traffic } from "../traffic.ts";
import type { Random } from "./random.ts";
import type { Truth } from "./truth.ts";

/** What happens in one window of a simulation. */
export type WindowTruth = {
  readonly truth: Truth;
  readonly traffic: Traffic;
  /** User requests that begin in it. */
  readonly requests: number;
  /** Share of them that the candidate answers, by the buckets of those who send them. */
  readonly candidateShare: number;
};

/** Requests of one variant that are copied to the other, by which of the two fail. */
type Copies = { readonly both: number; readonly own: number; readonly other: number };

/**
 * Draws what a window's requests do, as counts: the same distribution as drawing every request (see the test), at the cost of a few
 * binomial draws. Requests are independent; which of them are slow does not depend on which fail; a guardrail by user sees every request
 * as another user's.
 */
export function drawWindow(plan: Plan, window: WindowTruth, random: Random): Tally {
  const { truth, traffic, requests, candidateShare } = window;
  const tally = emptyTally(plan);
  tally.generation = traffic.generation;
  const candidate = random.binomial(requests, candidateShare);
  const numbers = { candidate, primary: requests - candidate };
  for (const variant of ["primary", "candidate"] as const) {
    const n = numbers[variant];
    const copied = random.binomial(n, copiedShare(variant, traffic));
    const copies = drawCopies(copied, { truth, variant }, random);
    const alone = random.binomial(n - copied, truth.errorRate[variant]);
    tally.requests[variant] += n;
    countRates(tally, plan, {
      variant,
      n,
      failed: copies.both + copies.own + alone,
      slow: random.binomial(n, truth.slowRate[variant]),
    });
    const neither = copied - copies.both - copies.own - copies.other;
    countPairs(tally, {
      n: copied - copies.both,
      k: copies.own + copies.other + random.binomial(neither, truth.disagreement),
    });
  }
  return tally;
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
  return { both, own, other };
}

function conditional(chance: number, taken: number): number {
  return taken >= 1 ? 0 : Math.min(1, chance / (1 - taken));
}

function countRates(
  tally: Tally,
  plan: Plan,
  seen: {
    readonly variant: Variant;
    readonly n: number;
    readonly failed: number;
    readonly slow: number;
  },
): void {
  for (const { name, kind } of plan.guardrails) {
    const count = tally.rates[name]?.[seen.variant];
    if (count !== undefined) {
      count.n += seen.n;
      count.k += kind === "latency" ? seen.slow : seen.failed;
    }
  }
}

function countPairs(tally: Tally, pairs: { readonly n: number; readonly k: number }): void {
  tally.pairs += pairs.n;
  for (const count of Object.values(tally.disagreements)) {
    count.n += pairs.n;
    count.k += pairs.k;
  }
}
