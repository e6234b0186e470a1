import type { Guardrail, Plan } from "../plan/plan.ts";
import {
  type Evidence,
  emptyEvidence,
  evidenceFor,
  type GuardrailEvidence,
  mergeEvidence,
} from "./evidence.ts";
import type { EvidenceBook } from "./ingest.ts";
import { type LabelledBatch, labelledEvidence } from "./labelled.ts";

/**
 * Counts predictions that came of age together. Their labels belong to the newest generation of the traffic that evidence is known of, as
 * each clock counts what it sees when it sees it.
 */
export function observeLabels(book: EvidenceBook, batch: LabelledBatch): void {
  const more = labelsAlone(book.plan, book.evidence, batch);
  book.evidence = mergeEvidence(book.evidence, more);
  if (book.block !== undefined) {
    book.block = { ...book.block, before: mergeEvidence(book.block.before, more) };
  }
}

function labelsAlone(plan: Plan, before: Evidence, batch: LabelledBatch): Evidence {
  const none = emptyEvidence(plan);
  const guardrails = Object.fromEntries(
    plan.guardrails.map((guardrail): [string, GuardrailEvidence] => [
      guardrail.name,
      labelsOf(guardrail, batch) ?? evidenceFor(none.guardrails, guardrail.name),
    ]),
  );
  const newest = before.segments.at(-1);
  const segments = newest === undefined ? [] : [{ generation: newest.generation, guardrails }];
  return { ...none, guardrails, segments };
}

function labelsOf(guardrail: Guardrail, batch: LabelledBatch): GuardrailEvidence | undefined {
  switch (guardrail.kind) {
    case "accuracy":
      return labelledEvidence(batch, undefined);
    case "performance":
      return labelledEvidence(batch, guardrail.metric);
    default:
      return undefined;
  }
}
