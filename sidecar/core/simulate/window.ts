import { BREAKER_PRIMARY } from "../evidence/recent.ts";
import { emptyTally, type Tally } from "../evidence/tally.ts";
import type { Variant } from "../observation.ts";
import type { Plan } from "../plan/plan.ts";
import { ALL_BP, type Traffic } from "../traffic.ts";
import type { Predicted } from "./labels.ts";
import { drawLatencies } from "./latency.ts";
import { drawPairs } from "./pairs.ts";
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
export type DrawnWindow = {
  readonly tally: Tally;
  readonly outcomes: readonly Outcome[];
  /** Requests whose predictions wait for a label. */
  readonly predicted: Predicted;
};

type Outcome = { readonly served: Variant; readonly isFailed: boolean };

/**
 * Draws what a window's requests do, as counts: the same distribution as drawing every request (see the test), at the cost of a few
 * binomial draws. Requests are independent; which of them are slow does not depend on which fail; a guardrail by user sees every request
 * as another user's; an answer without failure has a prediction.
 */
export function drawWindow(plan: Plan, window: WindowTruth, random: Random): DrawnWindow {
  const { truth, traffic, requests, candidateShare } = window;
  const tally = emptyTally(plan);
  tally.generation = traffic.generation;
  const candidate = random.binomial(requests, candidateShare);
  const numbers = { candidate, primary: requests - candidate };
  const outcomes: Outcome[] = [];
  const predicted = { both: 0, primary: 0, candidate: 0 };
  for (const variant of ["primary", "candidate"] as const) {
    const n = numbers[variant];
    const pairs = drawPairs(tally, { truth, traffic, variant, n }, random);
    const alone = random.binomial(n - pairs.copied, truth.errorRate[variant]);
    const failed = pairs.failed + alone;
    const { own, other, neither } = pairs.copies;
    predicted.both += neither;
    predicted[variant] += other + captured(traffic, n - pairs.copied - alone, random);
    predicted[variant === "primary" ? "candidate" : "primary"] += own;
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
  }
  if (truth.stickyShare === 0 && traffic.candidateBp > 0 && traffic.candidateBp < ALL_BP) {
    const { generation, candidateBp } = traffic;
    tally.assigned = [{ generation, candidateBp, ...numbers }];
  }
  return { tally, outcomes, predicted };
}

/** How many of so many answers without a copy are looked into. */
function captured({ captureBp = 0 }: Traffic, n: number, random: Random): number {
  return random.binomial(n, captureBp / ALL_BP);
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
