import { assert } from "../assert.ts";
import type { Guardrail, Plan } from "../plan/plan.ts";
import { type Assignment, addAssignments } from "./assignments.ts";
import { addScores, type Scores } from "./boundedMean.ts";
import { addCounts, type Count, NO_COUNT } from "./count.ts";
import { addExcesses, type Excesses, NO_EXCESSES } from "./excess.ts";
import {
  addLabelled,
  isLabelled,
  type LabelledEvidence,
  NO_ACCURACY,
  NO_PERFORMANCE,
} from "./labelled.ts";
import { addLatencies, type Latencies } from "./latencies.ts";
import { addRateSums, noRateSums, type RateBatch, type RateSums } from "./rate.ts";
import { SLOWDOWN_EDGES } from "./slowdown.ts";

/**
 * All that a rollout has learnt: counters only, plain JSON, mergeable by addition, never reset.
 * Law: the merged evidence of two lists of blocks equals the evidence of both lists (sums of logarithms to rounding). Of a guardrail on
 * common events this holds of the counts; the e-values of two sources multiply, as each plugs in its own past, and stay valid.
 */
export type Evidence = {
  /** User requests that were split at random (not overridden), in closed batches. */
  readonly requests: { readonly primary: number; readonly candidate: number };
  /** Pairs in which both variants answered and not both failed, in closed batches. */
  readonly pairs: number;
  /** Test requests that the candidate answered in previews, in closed batches; absent where the plan has none. */
  readonly tests?: number;
  readonly guardrails: GuardrailsEvidence;
  /** The same by generation of the traffic, hence by step: ascending, and together all of the above but latencies. */
  readonly segments: readonly Segment[];
  /** Users by the variant that they fell to when they were first seen, by generation, ascending. */
  readonly assignments: readonly Assignment[];
  /** How many books have counted users; each counts others. */
  readonly lives: number;
};

/** By the guardrail's name. */
export type GuardrailsEvidence = Readonly<Record<string, GuardrailEvidence>>;

/** What was learnt under one generation of the traffic. */
export type Segment = { readonly generation: number; readonly guardrails: GuardrailsEvidence };

/** What is known for one guardrail. */
export type GuardrailEvidence =
  | RateEvidence
  | PairEvidence
  | TestsEvidence
  | SlowdownEvidence
  | ScoreEvidence
  | ExcessEvidence
  | LabelledEvidence;

/** For a guardrail on user requests: failed or slow ones of each variant. */
export type RateEvidence = RateBatch & { readonly kind: "rate"; readonly sums: RateSums };

/** For a guardrail on pairs: `k` of `n` disagree. */
export type PairEvidence = { readonly kind: "pair"; readonly pairs: Count };

/** For a guardrail on test requests: the candidate failed `k` of `n`. */
export type TestsEvidence = { readonly kind: "tests"; readonly tests: Count };

/** For a guardrail on all latencies: those of each variant, rounded up to the edges, and the sums at each of these. */
export type SlowdownEvidence = LatencyBatch & {
  readonly kind: "slowdown";
  readonly sums: readonly RateSums[];
  /** The latencies themselves, for people: a little later, as of spans that have ended. Before they were kept apart, `primary` and `candidate` were these. */
  readonly shown?: LatencyBatch;
};

/** For a guardrail on scores: how far they were apart, by pairs. */
export type ScoreEvidence = { readonly kind: "score"; readonly scores: Scores };

/** For a guardrail on differences beyond the primary's noise. */
export type ExcessEvidence = { readonly kind: "excess"; readonly excesses: Excesses };

/** How long both variants took in one batch. */
export type LatencyBatch = { readonly primary: Latencies; readonly candidate: Latencies };

/** Nothing seen, for each of the plan's guardrails. */
export function emptyEvidence(plan: Plan): Evidence {
  return {
    requests: { primary: 0, candidate: 0 },
    pairs: 0,
    ...(plan.steps.some(({ kind }) => kind === "preview") && { tests: 0 }),
    guardrails: Object.fromEntries(
      plan.guardrails.map((guardrail) => [guardrail.name, emptyGuardrail(guardrail)]),
    ),
    segments: [],
    assignments: [],
    lives: 0,
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
    ...(a.tests !== undefined && { tests: a.tests + (b.tests ?? 0) }),
    guardrails: mergeGuardrails(a.guardrails, b.guardrails),
    segments: mergeSegments(a.segments, b.segments),
    assignments: addAssignments(a.assignments, b.assignments),
    lives: a.lives + b.lives,
  };
}

/** What is known for the guardrail of that name, which must be one of the plan that the evidence is of. */
export function evidenceFor(guardrails: GuardrailsEvidence, name: string): GuardrailEvidence {
  const found = guardrails[name];
  assert(found !== undefined, `evidence without guardrail ${name}`);
  return found;
}

/** Sums what is known for one guardrail. */
export function mergeGuardrail(a: GuardrailEvidence, b: GuardrailEvidence): GuardrailEvidence {
  if (a.kind === "pair" && b.kind === "pair") {
    return { kind: "pair", pairs: addCounts(a.pairs, b.pairs) };
  }
  if (a.kind === "tests" && b.kind === "tests") {
    return { kind: "tests", tests: addCounts(a.tests, b.tests) };
  }
  if (a.kind === "rate" && b.kind === "rate") {
    return {
      kind: "rate",
      primary: addCounts(a.primary, b.primary),
      candidate: addCounts(a.candidate, b.candidate),
      sums: addRateSums(a.sums, b.sums),
    };
  }
  if (a.kind === "score" && b.kind === "score") {
    return { kind: "score", scores: addScores(a.scores, b.scores) };
  }
  if (a.kind === "excess" && b.kind === "excess") {
    return { kind: "excess", excesses: addExcesses(a.excesses, b.excesses) };
  }
  if (isLabelled(a) && isLabelled(b)) {
    return addLabelled(a, b);
  }
  return mergeSlowdown(a, b);
}

function mergeSlowdown(a: GuardrailEvidence, b: GuardrailEvidence): SlowdownEvidence {
  assert(a.kind === "slowdown" && b.kind === "slowdown", "evidence of two kinds");
  return {
    kind: "slowdown",
    ...addLatencyBatches(a, b),
    shown: addLatencyBatches(shownOf(a), shownOf(b)),
    sums: a.sums.map((sums, edge) => addRateSums(sums, b.sums[edge] ?? noRateSums("rare"))),
  };
}

/** The latencies for people. */
export function shownOf({ shown, primary, candidate }: SlowdownEvidence): LatencyBatch {
  return shown ?? { primary, candidate };
}

/** The evidence with some more latencies for people. */
export function withShown(evidence: Evidence, more: LatencyBatch): Evidence {
  const guardrails = Object.entries(evidence.guardrails).map(([name, known]) => [
    name,
    known.kind === "slowdown"
      ? { ...known, shown: addLatencyBatches(shownOf(known), more) }
      : known,
  ]);
  return { ...evidence, guardrails: Object.fromEntries(guardrails) };
}

/** The same object when nothing is added: it is large. */
function addLatencyBatches(a: LatencyBatch, b: LatencyBatch): LatencyBatch {
  if (Object.keys(b.primary).length + Object.keys(b.candidate).length === 0) {
    return a;
  }
  return {
    primary: addLatencies(a.primary, b.primary),
    candidate: addLatencies(a.candidate, b.candidate),
  };
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

function emptyGuardrail(guardrail: Guardrail): GuardrailEvidence {
  switch (guardrail.kind) {
    case "errorRate":
    case "latency": {
      const sums = noRateSums(guardrail.frequency);
      return { kind: "rate", primary: NO_COUNT, candidate: NO_COUNT, sums };
    }
    case "slowdown": {
      const sums = SLOWDOWN_EDGES.map(() => noRateSums("rare"));
      return { kind: "slowdown", primary: {}, candidate: {}, sums };
    }
    case "disagreement":
      return { kind: "pair", pairs: NO_COUNT };
    case "tests":
      return { kind: "tests", tests: NO_COUNT };
    case "score":
      return { kind: "score", scores: {} };
    case "excess":
      return { kind: "excess", excesses: NO_EXCESSES };
    case "accuracy":
      return NO_ACCURACY;
    case "performance":
      return NO_PERFORMANCE;
    default:
      return guardrail satisfies never;
  }
}
