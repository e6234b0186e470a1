import type { Comparison } from "../compare/comparison.ts";
import type { Observation } from "../observation.ts";
import type { Guardrail, Plan } from "../plan/plan.ts";
import type { Batch } from "./evidence.ts";
import { disagrees, failed, slow } from "./outcome.ts";

type MutableCount = { n: number; k: number };

/** A batch being counted. */
export type Tally = {
  generation: number;
  readonly requests: { primary: number; candidate: number };
  pairs: number;
  readonly rates: Record<
    string,
    { readonly primary: MutableCount; readonly candidate: MutableCount }
  >;
  readonly disagreements: Record<string, MutableCount>;
};

/** Nothing counted. */
export function emptyTally(plan: Plan): Tally {
  const tally: Tally = {
    generation: 0,
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    rates: {},
    disagreements: {},
  };
  for (const { kind, name } of plan.guardrails) {
    if (kind === "disagreement") {
      tally.disagreements[name] = { n: 0, k: 0 };
    } else {
      tally.rates[name] = { primary: { n: 0, k: 0 }, candidate: { n: 0, k: 0 } };
    }
  }
  return tally;
}

/** Counts a user request for the guardrails on rates, by the variant that answered it. */
export function tallyServed(tally: Tally, plan: Plan, observation: Observation): void {
  tally.generation = Math.max(tally.generation, observation.generation);
  tally.requests[observation.served] += 1;
  for (const guardrail of plan.guardrails) {
    const count = tally.rates[guardrail.name]?.[observation.served];
    if (count !== undefined) {
      add(count, counts(guardrail, observation));
    }
  }
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
    if (guardrail.kind !== "disagreement" || count === undefined) {
      continue;
    }
    const disagreement = disagrees(guardrail, pair);
    if (disagreement === undefined) {
      decided = false;
    } else {
      add(count, disagreement);
    }
  }
  return decided;
}

/** Adds a batch to a tally. */
export function addTally(tally: Tally, batch: Batch): void {
  tally.generation = Math.max(tally.generation, batch.generation);
  tally.requests.primary += batch.requests.primary;
  tally.requests.candidate += batch.requests.candidate;
  tally.pairs += batch.pairs;
  for (const [name, rate] of Object.entries(tally.rates)) {
    addCount(rate.primary, batch.rates[name]?.primary);
    addCount(rate.candidate, batch.rates[name]?.candidate);
  }
  for (const [name, count] of Object.entries(tally.disagreements)) {
    addCount(count, batch.disagreements[name]);
  }
}

function counts(guardrail: Guardrail, { answer }: Observation): boolean {
  return guardrail.kind === "latency" ? slow(answer, guardrail.slowerThanMs) : failed(answer);
}

function add(count: MutableCount, hit: boolean): void {
  count.n += 1;
  count.k += hit ? 1 : 0;
}

function addCount(count: MutableCount, more: { n: number; k: number } | undefined): void {
  count.n += more?.n ?? 0;
  count.k += more?.k ?? 0;
}
