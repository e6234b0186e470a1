import type { Guardrail, Plan } from "../plan/plan.ts";
import { type Assignment, addAssignments } from "./assignments.ts";
import type { Batch } from "./batch.ts";
import { addPast } from "./blocks.ts";
import { addScores, type Scores } from "./boundedMean.ts";
import { addCounts, type Count, NO_COUNT } from "./count.ts";
import {
  type Evidence,
  evidenceFor,
  type GuardrailEvidence,
  type GuardrailsEvidence,
  type LatencyBatch,
  mergeEvidence,
} from "./evidence.ts";
import { addExcesses, type Excesses, NO_EXCESSES } from "./excess.ts";
import { type LabelledEvidence, NO_ACCURACY, NO_PERFORMANCE } from "./labelled.ts";
import { addLatencies } from "./latencies.ts";
import { addGains, noRateGains, type RateBatch, type RateGains, sumsOf } from "./rate.ts";
import { beyondEdges, SLOWDOWN_EDGES } from "./slowdown.ts";

/** Batches of one generation, one after the other, being joined to a block; grows in place. */
export type Block = {
  readonly generation: number;
  readonly requests: { primary: number; candidate: number };
  pairs: number;
  tests: Count;
  assigned: readonly Assignment[];
  lives: number;
  readonly guardrails: Map<string, GuardrailBlock>;
};

type GuardrailBlock =
  /** Labels come by themselves, not with requests. */
  | { readonly kind: "labelled"; readonly none: LabelledEvidence }
  | { readonly kind: "pair"; pairs: Count }
  | { readonly kind: "tests"; tests: Count }
  | { readonly kind: "score"; scores: Scores }
  | { readonly kind: "excess"; excesses: Excesses }
  | { readonly kind: "rate"; seen: RateBatch; past: RateBatch; readonly gains: RateGains }
  | { readonly kind: "slowdown"; seen: LatencyBatch; readonly gains: readonly RateGains[] };

const NO_LATENCIES: LatencyBatch = { primary: {}, candidate: {} };

/** A block without batches, which is to follow the evidence. */
export function emptyBlock(plan: Plan, before: Evidence, generation: number): Block {
  const guardrails = plan.guardrails.map((guardrail): [string, GuardrailBlock] => [
    guardrail.name,
    emptyGuardrailBlock(guardrail, evidenceFor(before.guardrails, guardrail.name)),
  ]);
  return {
    generation,
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    tests: NO_COUNT,
    assigned: [],
    lives: 0,
    guardrails: new Map(guardrails),
  };
}

/** Joins one more batch to a block. */
export function addBatch(plan: Plan, block: Block, batch: Batch): void {
  block.requests.primary += batch.requests.primary;
  block.requests.candidate += batch.requests.candidate;
  block.pairs += batch.pairs;
  block.tests = addCounts(block.tests, batch.tests ?? NO_COUNT);
  block.assigned = addAssignments(block.assigned, batch.assigned);
  block.lives += batch.lives;
  for (const guardrail of plan.guardrails) {
    const known = block.guardrails.get(guardrail.name);
    if (known !== undefined) {
      addToGuardrail(known, guardrail, batch);
    }
  }
}

/** The evidence with a block. */
export function withBlock(evidence: Evidence, block: Block): Evidence {
  const { generation, requests, pairs, tests, assigned, lives } = block;
  const guardrails = Object.fromEntries(
    [...block.guardrails].map(([name, known]) => [name, evidenceOfBlock(known)]),
  );
  const segments = [{ generation, guardrails: sumsAlone(guardrails) }];
  return mergeEvidence(evidence, {
    requests,
    pairs,
    tests: tests.n,
    guardrails,
    segments,
    assignments: assigned,
    lives,
  });
}

/** Without the latencies themselves, which are for people and for `good`, and many. */
function sumsAlone(guardrails: GuardrailsEvidence): GuardrailsEvidence {
  return Object.fromEntries(
    Object.entries(guardrails).map(([name, known]) => [
      name,
      known.kind === "slowdown" ? { ...known, ...NO_LATENCIES, shown: NO_LATENCIES } : known,
    ]),
  );
}

/** The evidence with one more block: batches of one generation, one after the other, at least one. */
export function addBlock(plan: Plan, evidence: Evidence, batches: readonly Batch[]): Evidence {
  const block = emptyBlock(plan, evidence, batches[0]?.generation ?? 0);
  for (const batch of batches) {
    addBatch(plan, block, batch);
  }
  return withBlock(evidence, block);
}

function emptyGuardrailBlock(guardrail: Guardrail, before: GuardrailEvidence): GuardrailBlock {
  switch (before.kind) {
    case "pair":
      return { kind: "pair", pairs: NO_COUNT };
    case "tests":
      return { kind: "tests", tests: NO_COUNT };
    case "score":
      return { kind: "score", scores: {} };
    case "excess":
      return { kind: "excess", excesses: NO_EXCESSES };
    case "accuracy":
      return { kind: "labelled", none: NO_ACCURACY };
    case "performance":
      return { kind: "labelled", none: NO_PERFORMANCE };
    case "slowdown":
      return {
        kind: "slowdown",
        seen: { primary: {}, candidate: {} },
        gains: SLOWDOWN_EDGES.map(() => noRateGains("rare")),
      };
    case "rate": {
      const { primary, candidate } = before;
      const frequency = "frequency" in guardrail ? guardrail.frequency : "rare";
      const seen = { primary: NO_COUNT, candidate: NO_COUNT };
      return { kind: "rate", seen, past: { primary, candidate }, gains: noRateGains(frequency) };
    }
    default:
      return before satisfies never;
  }
}

function addToGuardrail(known: GuardrailBlock, guardrail: Guardrail, batch: Batch): void {
  const { name } = guardrail;
  switch (known.kind) {
    case "pair":
      known.pairs = addCounts(known.pairs, batch.disagreements[name] ?? NO_COUNT);
      break;
    case "tests":
      known.tests = addCounts(known.tests, batch.tests ?? NO_COUNT);
      break;
    case "excess":
      known.excesses = addExcesses(known.excesses, batch.excesses[name] ?? NO_EXCESSES);
      break;
    case "score":
      known.scores = addScores(known.scores, batch.scores[name] ?? {});
      break;
    case "rate":
      if ("frequency" in guardrail) {
        const rate = batch.rates[name] ?? { primary: NO_COUNT, candidate: NO_COUNT };
        addGains(known.gains, guardrail, { batch: rate, past: known.past });
        known.past = addPast(known.past, rate);
        known.seen = addPast(known.seen, rate);
      }
      break;
    case "slowdown":
      if (guardrail.kind === "slowdown") {
        addSlowdown(known, guardrail, batch.latencies[name] ?? { primary: {}, candidate: {} });
      }
      break;
    case "labelled":
      break;
    default:
      known satisfies never;
  }
}

function addSlowdown(
  known: GuardrailBlock & { readonly kind: "slowdown" },
  guardrail: Guardrail & { readonly kind: "slowdown" },
  more: LatencyBatch,
): void {
  const primary = beyondEdges(more.primary);
  const candidate = beyondEdges(more.candidate);
  for (const [edge, gains] of known.gains.entries()) {
    const batch = { primary: primary[edge] ?? NO_COUNT, candidate: candidate[edge] ?? NO_COUNT };
    addGains(gains, { ...guardrail, frequency: "rare" }, { batch, past: batch });
  }
  known.seen = {
    primary: addLatencies(known.seen.primary, more.primary),
    candidate: addLatencies(known.seen.candidate, more.candidate),
  };
}

function evidenceOfBlock(known: GuardrailBlock): GuardrailEvidence {
  switch (known.kind) {
    case "pair":
      return { kind: "pair", pairs: known.pairs };
    case "tests":
      return { kind: "tests", tests: known.tests };
    case "score":
      return { kind: "score", scores: known.scores };
    case "excess":
      return { kind: "excess", excesses: known.excesses };
    case "labelled":
      return known.none;
    case "rate":
      return { kind: "rate", ...known.seen, sums: sumsOf(known.gains) };
    case "slowdown":
      return {
        kind: "slowdown",
        ...known.seen,
        sums: known.gains.map(sumsOf),
        shown: NO_LATENCIES,
      };
    default:
      return known satisfies never;
  }
}
