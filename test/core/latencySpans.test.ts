import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence, evidenceFor, shownOf } from "../../sidecar/core/evidence/evidence.ts";
import { closeWindows, observe, openBook } from "../../sidecar/core/evidence/ingest.ts";
import { bucketOf } from "../../sidecar/core/evidence/latencies.ts";
import { beyondEdges } from "../../sidecar/core/evidence/slowdown.ts";
import { begin } from "../support/book.ts";
import { answerWith, observationWith, planWith } from "../support/evidence.ts";

const plan = planWith([
  { kind: "slowdown", name: "slowdown", margin: 1.5, tolerance: 0.02, weight: 1, dryRun: false },
]);

test("all latencies are shown to people in the end, and what is judged of them is the same at every edge", () => {
  const book = openBook(plan, emptyEvidence(plan), begin);
  const waits = Array.from({ length: 300 }, (_, index) => 1.05 ** index);
  for (const [index, latencyMs] of waits.entries()) {
    const answer = answerWith({ latencyMs });
    observe(book, observationWith({ startMs: begin + 100 * index, answer }), undefined);
    closeWindows(book, begin + 100 * index);
  }
  closeWindows(book, begin + 120_000);
  const known = evidenceFor(book.evidence.guardrails, "slowdown");
  assert(known.kind === "slowdown");
  const { primary: shown } = shownOf(known);
  const expected: Record<string, number> = {};
  for (const wait of waits) {
    expected[bucketOf(wait)] = (expected[bucketOf(wait)] ?? 0) + 1;
  }
  assert.deepEqual(shown, expected);
  assert.deepEqual(beyondEdges(known.primary), beyondEdges(shown));
});
