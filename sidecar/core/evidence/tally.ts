import type { Comparison } from "../compare/comparison.ts";
import type { Observation } from "../observation.ts";
import type { Guardrail, Plan } from "../plan/plan.ts";
import { type Assignment, addAssignments } from "./assignments.ts";
import type { Batch } from "./batch.ts";
import { addScores, SCORE_STEPS, stepOf } from "./boundedMean.ts";
import {
  addExcesses,
  countExcess,
  type Excess,
  type Excesses,
  excessOf,
  NO_EXCESSES,
} from "./excess.ts";
import { bucketOf } from "./latencies.ts";
import { answered, disagrees, failed, slow, waitedMs } from "./outcome.ts";
import { countAtEdge, type EdgeCounts, latenciesAtEdges, noEdgeCounts } from "./slowdown.ts";

type MutableCount = { n: number; k: number };
type MutableCounts = Record<string, number>;

/** A batch being counted. */
export type Tally = {
  generation: number;
  readonly requests: { primary: number; candidate: number };
  pairs: number;
  readonly tests: MutableCount;
  readonly rates: Record<
    string,
    { readonly primary: MutableCount; readonly candidate: MutableCount }
  >;
  readonly disagreements: Record<string, MutableCount>;
  readonly latencies: Record<
    string,
    { readonly primary: EdgeCounts; readonly candidate: EdgeCounts }
  >;
  readonly scores: Record<string, MutableCounts>;
  readonly excesses: Record<string, Excesses>;
  assigned: readonly Assignment[];
};

/** Nothing counted. */
export function emptyTally(plan: Plan): Tally {
  const tally: Tally = {
    generation: 0,
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    tests: { n: 0, k: 0 },
    rates: {},
    disagreements: {},
    latencies: {},
    scores: {},
    excesses: {},
    assigned: [],
  };
  for (const { kind, name } of plan.guardrails) {
    switch (kind) {
      case "errorRate":
      case "latency":
        tally.rates[name] = { primary: { n: 0, k: 0 }, candidate: { n: 0, k: 0 } };
        break;
      case "disagreement":
        tally.disagreements[name] = { n: 0, k: 0 };
        break;
      case "slowdown":
        tally.latencies[name] = { primary: noEdgeCounts(), candidate: noEdgeCounts() };
        break;
      case "score":
        tally.scores[name] = {};
        break;
      case "excess":
        tally.excesses[name] = NO_EXCESSES;
        break;
      case "tests":
      case "accuracy":
      case "performance":
        break;
      default:
        kind satisfies never;
    }
  }
  return tally;
}

/** Counts a user request for the guardrails on every request, by the variant that answered it. */
export function tallyServed(tally: Tally, plan: Plan, observation: Observation): void {
  const { served, answer } = observation;
  tally.generation = Math.max(tally.generation, observation.generation);
  tally.requests[served] += 1;
  for (const guardrail of plan.guardrails) {
    const { name } = guardrail;
    const count = tally.rates[name]?.[served];
    if (count !== undefined && "unit" in guardrail && guardrail.unit === "request") {
      countHit(count, hits(guardrail, observation));
    }
    const latencies = tally.latencies[name]?.[served];
    if (latencies !== undefined) {
      countAtEdge(latencies, bucketOf(waitedMs(answer)));
    }
  }
}

/** Counts a test request that the candidate answered in a preview. */
export function tallyTest(tally: Tally, { answer, generation }: Observation): void {
  tally.generation = Math.max(tally.generation, generation);
  countHit(tally.tests, failed(answer));
}

/** Whether a request counts against its variant for a guardrail on rates. */
export function hits(guardrail: Guardrail, { answer }: Observation): boolean {
  return guardrail.kind === "latency" ? slow(answer, guardrail.slowerThanMs) : failed(answer);
}

/** Counts a pair for the guardrails on pairs; returns whether all of them could decide it. */
export function tallyPair(
  tally: Tally,
  plan: Plan,
  pair: { readonly oneFailed: boolean; readonly comparison: Comparison | undefined },
): boolean {
  tally.pairs += 1;
  let decided = true;
  for (const guardrail of plan.guardrails) {
    const count = tally.disagreements[guardrail.name];
    if (guardrail.kind === "score") {
      decided = tallyScore(tally, guardrail.name, pair) && decided;
    } else if (guardrail.kind === "disagreement" && count !== undefined) {
      const disagreement = disagrees(guardrail, pair);
      if (disagreement === undefined) {
        decided = false;
      } else {
        countHit(count, disagreement);
      }
    }
  }
  return decided;
}

/** Counts a request that the primary answered twice, for the guardrail on what differs beyond its noise. */
function tallyExcess(tally: Tally, excess: Excess): void {
  for (const [name, excesses] of Object.entries(tally.excesses)) {
    tally.excesses[name] = addExcesses(excesses, countExcess(excess));
  }
}

/**
 * Counts a request that the primary answered twice. Those in which it failed together with either of the others say nothing: leaving out one
 * kind of them only would favour a side.
 */
export function tallyNoise(
  tally: Tally,
  observation: Observation,
  comparison: Comparison | undefined,
): void {
  const { served, answer, shadow, secondary } = observation;
  const primary = served === "primary" ? answer : shadow;
  if (comparison?.noise === undefined || secondary === undefined || primary === undefined) {
    return;
  }
  const isTold = answered(secondary) && !(failed(primary) && failed(secondary));
  const excess = isTold ? excessOf(comparison, comparison.noise) : undefined;
  if (excess !== undefined) {
    tallyExcess(tally, excess);
  }
}

/** Adds what another tally counted. */
export function addTally(tally: Tally, batch: Readonly<Tally>): void {
  tally.generation = Math.max(tally.generation, batch.generation);
  tally.requests.primary += batch.requests.primary;
  tally.requests.candidate += batch.requests.candidate;
  tally.pairs += batch.pairs;
  addCount(tally.tests, batch.tests);
  tally.assigned = addAssignments(tally.assigned, batch.assigned);
  for (const [name, rate] of Object.entries(tally.rates)) {
    addCount(rate.primary, batch.rates[name]?.primary);
    addCount(rate.candidate, batch.rates[name]?.candidate);
  }
  for (const [name, count] of Object.entries(tally.disagreements)) {
    addCount(count, batch.disagreements[name]);
  }
  for (const [name, { primary, candidate }] of Object.entries(tally.latencies)) {
    addEach(primary, batch.latencies[name]?.primary);
    addEach(candidate, batch.latencies[name]?.candidate);
  }
  for (const [name, scores] of Object.entries(tally.scores)) {
    tally.scores[name] = addScores(scores, batch.scores[name] ?? {});
  }
  for (const [name, excesses] of Object.entries(tally.excesses)) {
    tally.excesses[name] = addExcesses(excesses, batch.excesses[name] ?? NO_EXCESSES);
  }
}

/** A tally that is over, as a batch. */
export function batchOf(
  tally: Tally,
  { generation, lives }: Pick<Batch, "generation" | "lives">,
): Batch {
  const latencies = Object.entries(tally.latencies).map(([name, { primary, candidate }]) => [
    name,
    { primary: latenciesAtEdges(primary), candidate: latenciesAtEdges(candidate) },
  ]);
  return { ...tally, latencies: Object.fromEntries(latencies), generation, lives };
}

/** A pair in which just one variant failed is as far apart as can be; one without two scores says nothing. */
function tallyScore(
  tally: Tally,
  name: string,
  pair: { readonly oneFailed: boolean; readonly comparison: Comparison | undefined },
): boolean {
  const difference = pair.comparison?.prediction?.scoreDifference;
  if (!pair.oneFailed && difference === undefined) {
    return false;
  }
  const scores = tally.scores[name];
  if (scores !== undefined) {
    countOne(scores, pair.oneFailed ? SCORE_STEPS : stepOf(Math.abs(difference ?? 1)));
  }
  return true;
}

function countOne(counts: MutableCounts, place: number): void {
  counts[place] = (counts[place] ?? 0) + 1;
}

/** Counts one more, and whether it is a hit. */
export function countHit(count: MutableCount, hit: boolean): void {
  count.n += 1;
  count.k += hit ? 1 : 0;
}

function addEach(counts: EdgeCounts, more: EdgeCounts | undefined): void {
  for (const [place, count] of (more ?? []).entries()) {
    counts[place] = (counts[place] ?? 0) + count;
  }
}

function addCount(count: MutableCount, more: { n: number; k: number } | undefined): void {
  count.n += more?.n ?? 0;
  count.k += more?.k ?? 0;
}
