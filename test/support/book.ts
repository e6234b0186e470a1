import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import type { Count } from "../../sidecar/core/evidence/count.ts";
import { emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import { fnv1a } from "../../sidecar/core/evidence/fnv.ts";
import {
  closeWindows,
  type EvidenceBook,
  observe,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import type { countPair } from "../../sidecar/core/evidence/paths.ts";
import type { RateBatch } from "../../sidecar/core/evidence/rate.ts";
import type { Answer, Observation } from "../../sidecar/core/observation.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { disagreement, errorRate, latency, observationWith, planWith } from "./evidence.ts";

/** When the books of these tests are opened, and when all that they took is in their evidence. */
export const begin = 1_000_000_000;
export const closedAt: number = begin + 60_000;

/** A plan with a guardrail of each kind; `flips` is the one on predictions. */
export const bookPlan: Plan = planWith([
  errorRate,
  latency,
  disagreement,
  { ...disagreement, name: "flips", of: "prediction" },
]);

/** Counters of a book that took everything. */
export const nothingExcluded: EvidenceBook["excluded"] = {
  late: 0,
  future: 0,
  overridden: 0,
  repeated: 0,
  unanswered: 0,
  bothFailed: 0,
  undecided: 0,
};

/** An answer that fails, and one that never comes. */
export const failing: Partial<Answer> = { status: 503 };
export const hanging: Partial<Answer> = { status: 0, failure: "timeout", latencyMs: 3_000 };

/** Two answers that agree, but for what is given. */
export function comparisonWith(part: Partial<Comparison> = {}): Comparison {
  return {
    method: "json",
    undecodable: [],
    equal: true,
    differences: [],
    differencesCount: 0,
    prediction: { flipped: false, scoreDifference: 0 },
    ...part,
  };
}

/** Two answers that differ, in their prediction too. */
export const differs: Comparison = comparisonWith({
  equal: false,
  differences: [{ path: "$['a']", kind: "value" }],
  differencesCount: 1,
  prediction: { flipped: true, scoreDifference: 0.5 },
});

/** An observation, of a request at `begin` unless said otherwise, and the comparison of its pair. */
export type Seen = { readonly observation: Partial<Observation>; readonly comparison?: Comparison };

/** A book that took these and closed all windows. */
export function bookAfter(...seen: readonly Seen[]): EvidenceBook {
  const book = openBook(bookPlan, emptyEvidence(bookPlan), begin);
  for (const { observation, comparison } of seen) {
    observe(book, observationWith({ startMs: begin, ...observation }), comparison);
  }
  closeWindows(book, closedAt);
  return book;
}

/** What a book counted for a guardrail on pairs. */
export function pairsOf(book: EvidenceBook, name: string): Count | undefined {
  const known = evidenceFor(book.evidence.guardrails, name);
  return known.kind === "pair" ? known.pairs : undefined;
}

/** What a book counted for a guardrail on rates. */
export function ratesOf(book: EvidenceBook, name: string): RateBatch | undefined {
  const known = evidenceFor(book.evidence.guardrails, name);
  return known.kind === "rate" ? { primary: known.primary, candidate: known.candidate } : undefined;
}

/** A request of this id, as its pair is counted. */
export function requestWith(requestId: string, startMs: number): Parameters<typeof countPair>[2] {
  return { requestId, startMs, idHash: fnv1a(requestId) };
}
