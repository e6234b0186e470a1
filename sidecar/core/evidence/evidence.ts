import { assert } from "../assert.ts";
import type { Guardrail, Plan } from "../plan/plan.ts";
import { addCounts, type Count, NO_COUNT } from "./count.ts";
import {
  addRateGains,
  addRateSums,
  NO_RATE_SUMS,
  noRateGains,
  type RateBatch,
  type RateGains,
  type RateSums,
  sumsOf,
} from "./rate.ts";

/**
 * All that a rollout has learnt: counters only, plain JSON, mergeable by addition, never reset.
 * Law: the merged evidence of two lists of blocks equals the evidence of both lists (sums of logarithms to rounding).
 */
export type Evidence = {
  /** User requests that were split at random (not overridden), in closed batches. */
  readonly requests: { readonly primary: number; readonly candidate: number };
  /** Pairs in which both variants answered and not both failed, in closed batches. */
  readonly pairs: number;
  readonly guardrails: GuardrailsEvidence;
  /** The same by generation of the traffic, hence by step: ascending, and together all of the above. */
  readonly segments: readonly Segment[];
};

/** By the guardrail's name. */
export type GuardrailsEvidence = Readonly<Record<string, GuardrailEvidence>>;

/** What was learnt under one generation of the traffic. */
export type Segment = { readonly generation: number; readonly guardrails: GuardrailsEvidence };

/** What is known for one guardrail. */
export type GuardrailEvidence = RateEvidence | PairEvidence;

/** For a guardrail on user requests: failed or slow ones of each variant. */
export type RateEvidence = RateBatch & { readonly kind: "rate"; readonly sums: RateSums };

/** For a guardrail on pairs: `k` of `n` disagree. */
export type PairEvidence = { readonly kind: "pair"; readonly pairs: Count };

/**
 * What the requests that began in one span of time did. Batches are cut by time and by numbers of requests alone, never by what was
 * answered; all guardrails of a rollout grow by the same batches, so that their e-processes share one clock and may be averaged.
 */
export type Batch = {
  /** Of the traffic that chose the variants. */
  readonly generation: number;
  readonly requests: { readonly primary: number; readonly candidate: number };
  readonly pairs: number;
  /** By the guardrail's name: a rate's counts of both variants, or a count of pairs. */
  readonly rates: Readonly<Record<string, RateBatch>>;
  readonly disagreements: Readonly<Record<string, Count>>;
};

/** Nothing seen, for each of the plan's guardrails. */
export function emptyEvidence(plan: Plan): Evidence {
  return {
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    guardrails: eachGuardrail(plan, emptyGuardrail),
    segments: [],
  };
}

/** Sums two pieces of evidence for the same plan. */
export function mergeEvidence(a: Evidence, b: Evidence): Evidence {
  return {
    requests: {
      primary: a.requests.primary + b.requests.primary,
      candidate: a.requests.candidate + b.requests.candidate,
    },
    pairs: a.pairs + b.pairs,
    guardrails: mergeGuardrails(a.guardrails, b.guardrails),
    segments: mergeSegments(a.segments, b.segments),
  };
}

/** Batches of one generation, one after the other, being joined to a block; grows in place. */
export type Block = {
  readonly generation: number;
  readonly requests: { primary: number; candidate: number };
  pairs: number;
  readonly guardrails: Map<string, GuardrailBlock>;
};

type GuardrailBlock =
  | { readonly kind: "pair"; pairs: Count }
  | { readonly kind: "rate"; primary: Count; candidate: Count; readonly gains: RateGains };

/** A block without batches. */
export function emptyBlock(plan: Plan, generation: number): Block {
  const guardrails = plan.guardrails.map((guardrail): [string, GuardrailBlock] => [
    guardrail.name,
    guardrail.kind === "disagreement"
      ? { kind: "pair", pairs: NO_COUNT }
      : { kind: "rate", primary: NO_COUNT, candidate: NO_COUNT, gains: noRateGains() },
  ]);
  return {
    generation,
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    guardrails: new Map(guardrails),
  };
}

/** Joins one more batch to a block. */
export function addBatch(plan: Plan, block: Block, batch: Batch): void {
  block.requests.primary += batch.requests.primary;
  block.requests.candidate += batch.requests.candidate;
  block.pairs += batch.pairs;
  for (const guardrail of plan.guardrails) {
    const { name } = guardrail;
    const known = block.guardrails.get(name);
    if (known?.kind === "pair") {
      known.pairs = addCounts(known.pairs, batch.disagreements[name] ?? NO_COUNT);
    } else if (known?.kind === "rate" && guardrail.kind !== "disagreement") {
      const rate = batch.rates[name] ?? { primary: NO_COUNT, candidate: NO_COUNT };
      known.primary = addCounts(known.primary, rate.primary);
      known.candidate = addCounts(known.candidate, rate.candidate);
      addRateGains(known.gains, guardrail, rate);
    }
  }
}

/** The evidence with a block. */
export function withBlock(evidence: Evidence, block: Block): Evidence {
  const { generation, requests, pairs } = block;
  const guardrails = Object.fromEntries(
    [...block.guardrails].map(([name, known]) => [name, evidenceOfBlock(known)]),
  );
  const segments = [{ generation, guardrails }];
  return mergeEvidence(evidence, { requests, pairs, guardrails, segments });
}

/** The evidence with one more block: batches of one generation, one after the other, at least one. */
export function addBlock(plan: Plan, evidence: Evidence, batches: readonly Batch[]): Evidence {
  const block = emptyBlock(plan, batches[0]?.generation ?? 0);
  for (const batch of batches) {
    addBatch(plan, block, batch);
  }
  return withBlock(evidence, block);
}

/** What is known for the guardrail of that name, which must be one of the plan that the evidence is of. */
export function evidenceFor(guardrails: GuardrailsEvidence, name: string): GuardrailEvidence {
  const found = guardrails[name];
  assert(found !== undefined, `evidence without guardrail ${name}`);
  return found;
}

function mergeGuardrails(a: GuardrailsEvidence, b: GuardrailsEvidence): GuardrailsEvidence {
  const names = Object.keys(a);
  assert(names.length === Object.keys(b).length, "evidence of two plans");
  return Object.fromEntries(
    names.map((name) => [name, mergeGuardrail(evidenceFor(a, name), evidenceFor(b, name))]),
  );
}

function mergeSegments(a: readonly Segment[], b: readonly Segment[]): readonly Segment[] {
  const merged = new Map(a.map((segment) => [segment.generation, segment]));
  for (const segment of b) {
    const { generation, guardrails } = segment;
    const same = merged.get(generation);
    merged.set(
      generation,
      same ? { generation, guardrails: mergeGuardrails(same.guardrails, guardrails) } : segment,
    );
  }
  return [...merged.values()].sort((one, other) => one.generation - other.generation);
}

function eachGuardrail(
  plan: Plan,
  make: (guardrail: Guardrail) => GuardrailEvidence,
): GuardrailsEvidence {
  return Object.fromEntries(plan.guardrails.map((guardrail) => [guardrail.name, make(guardrail)]));
}

function emptyGuardrail(guardrail: Guardrail): GuardrailEvidence {
  return guardrail.kind === "disagreement"
    ? { kind: "pair", pairs: NO_COUNT }
    : { kind: "rate", primary: NO_COUNT, candidate: NO_COUNT, sums: NO_RATE_SUMS };
}

function evidenceOfBlock(known: GuardrailBlock): GuardrailEvidence {
  if (known.kind === "pair") {
    return { kind: "pair", pairs: known.pairs };
  }
  const { primary, candidate, gains } = known;
  return { kind: "rate", primary, candidate, sums: sumsOf(gains) };
}

/** Sums what is known for one guardrail. */
export function mergeGuardrail(a: GuardrailEvidence, b: GuardrailEvidence): GuardrailEvidence {
  if (a.kind === "pair" && b.kind === "pair") {
    return { kind: "pair", pairs: addCounts(a.pairs, b.pairs) };
  }
  assert(a.kind === "rate" && b.kind === "rate", "evidence of two kinds");
  return {
    kind: "rate",
    primary: addCounts(a.primary, b.primary),
    candidate: addCounts(a.candidate, b.candidate),
    sums: addRateSums(a.sums, b.sums),
  };
}
