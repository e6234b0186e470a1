import { addScores, SCORE_STEPS } from "../evidence/boundedMean.ts";
import { BREAKER_PRIMARY } from "../evidence/recent.ts";
import { emptyTally, type Tally } from "../evidence/tally.ts";
import type { Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { ALL_BP, type Traffic } from "../traffic.ts";
import { drawLatencies } from "./latency.ts";
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

/** What a window did: counts, and the outcomes of its requests in the order in which the breaker sees them. */
export type DrawnWindow = { readonly tally: Tally; readonly outcomes: readonly Outcome[] };

type Outcome = { readonly served: Variant; readonly isFailed: boolean };

/** Requests of one variant that are copied to the other, by which of the two fail. */
type Copies = { readonly both: number; readonly own: number; readonly other: number };

/**
 * Draws what a window's requests do, as counts: the same distribution as drawing every request (see the test), at the cost of a few
 * binomial draws. Requests are independent; which of them are slow does not depend on which fail; a guardrail by user sees every request
 * as another user's.
 */
export function drawWindow(plan: Plan, window: WindowTruth, random: Random): DrawnWindow {
  const { truth, traffic, requests, candidateShare } = window;
  const tally = emptyTally(plan);
  tally.generation = traffic.generation;
  const candidate = random.binomial(requests, candidateShare);
  const numbers = { candidate, primary: requests - candidate };
  const outcomes: Outcome[] = [];
  for (const variant of ["primary", "candidate"] as const) {
    const n = numbers[variant];
    const copied = random.binomial(n, copiedShare(variant, traffic));
    const copies = drawCopies(copied, { truth, variant }, random);
    const alone = random.binomial(n - copied, truth.errorRate[variant]);
    const failed = copies.both + copies.own + alone;
    tally.requests[variant] += n;
    outcomes.push(...drawOutcomes(plan, { served: variant, n, failed }, random));
    countRates(tally, plan, {
      variant,
      n,
      failed,
      slow: random.binomial(n, truth.slowRate[variant]),
    });
    for (const [name, latencies] of Object.entries(tally.latencies)) {
      const factor = variant === "candidate" ? truth.latencyShift : 1;
      tally.latencies[name] = { ...latencies, [variant]: drawLatencies(n, factor, random) };
    }
    const neither = copied - copies.both - copies.own - copies.other;
    countPairs(tally, {
      n: copied - copies.both,
      k: copies.own + copies.other + random.binomial(neither, truth.disagreement),
    });
  }
  if (truth.stickyShare === 0 && traffic.candidateBp > 0 && traffic.candidateBp < ALL_BP) {
    const { generation, candidateBp } = traffic;
    tally.assigned = [{ generation, candidateBp, ...numbers }];
  }
  return { tally, outcomes };
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

/** A variant's outcomes in random order; of those that all went well only as many as a breaker looks at, as more change nothing. */
function drawOutcomes(
  { breaker }: Plan,
  { served, n, failed }: { readonly served: Variant; readonly n: number; readonly failed: number },
  random: Random,
): readonly Outcome[] {
  const looksAt = breaker === undefined ? 0 : Math.max(breaker.requests, BREAKER_PRIMARY);
  const length = failed === 0 || breaker === undefined ? Math.min(n, looksAt) : n;
  let left = failed;
  return Array.from({ length }, (_, index) => {
    const isFailed = left > 0 && random.next() * (n - index) < left;
    left -= Number(isFailed);
    return { served, isFailed };
  });
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
  for (const [name, scores] of Object.entries(tally.scores)) {
    const drawn = { 0: pairs.n - pairs.k, [SCORE_STEPS]: pairs.k };
    tally.scores[name] = addScores(scores, drawn);
  }
}
