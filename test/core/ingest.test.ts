import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import { closeWindows, observe, openBook } from "../../sidecar/core/evidence/ingest.ts";
import {
  begin,
  bookAfter,
  closedAt,
  differs,
  failing,
  nothingExcluded,
  bookPlan as plan,
  ratesOf,
  type Seen,
} from "../support/book.ts";
import { answerWith, observationWith } from "../support/evidence.ts";

test("a request counts for the variant that answered it", () => {
  const book = bookAfter(
    { observation: { served: "candidate" } },
    { observation: { served: "primary" } },
    { observation: { served: "primary" } },
  );
  assert.deepEqual(book.evidence.requests, { primary: 2, candidate: 1 });
  assert.deepEqual(ratesOf(book, "errorRate"), {
    primary: { n: 2, k: 0 },
    candidate: { n: 1, k: 0 },
  });
  assert.deepEqual(book.excluded, nothingExcluded);
});

test("an overridden request is neither a request nor a pair", () => {
  const observation = { overridden: true, shadow: answerWith(), answer: answerWith(failing) };
  const book = bookAfter({ observation, comparison: differs });
  assert.deepEqual(book.evidence, emptyEvidence(plan));
  assert.deepEqual(book.excluded, { ...nothingExcluded, overridden: 1 });
});

test("late and future observations are counted and change nothing else", () => {
  const book = bookAfter(
    { observation: { startMs: begin - 1 } },
    { observation: { startMs: begin + 60_001 } },
  );
  assert.deepEqual(book.evidence, emptyEvidence(plan));
  assert.deepEqual(book.excluded, { ...nothingExcluded, late: 1, future: 1 });
});

test("evidence does not depend on the order in which observations arrive within the deadline", () => {
  const seen: readonly Seen[] = Array.from({ length: 300 }, (_, index) => ({
    observation: {
      startMs: begin + ((index * 7_919) % 3_000),
      served: index % 10 === 0 ? "candidate" : "primary",
      answer: answerWith(index % 17 === 0 ? failing : {}),
    },
  }));
  assert.deepEqual(bookAfter(...seen).evidence, bookAfter(...seen.toReversed()).evidence);
});

test("a batch ends after 50 requests, or after 10 s, and not before", () => {
  const held = 1_000 + plan.requestTimeoutMs + 1_000;
  const book = openBook(plan, emptyEvidence(plan), begin);
  const send = (startMs: number, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      observe(book, observationWith({ startMs }), undefined);
    }
  };
  send(begin, 49);
  assert.equal(closeWindows(book, begin + held), false);
  send(begin + 1_000, 1);
  assert.equal(closeWindows(book, begin + 1_000 + held), true);
  assert.equal(book.evidence.requests.primary, 50);
  closeWindows(book, begin + 12_000);
  send(begin + 15_000, 3);
  assert.equal(closeWindows(book, begin + 15_000 + held), false);
  assert.equal(closeWindows(book, begin + 24_000 + held - 1), false);
  assert.equal(closeWindows(book, begin + 24_000 + held), true);
  assert.equal(book.evidence.requests.primary, 53);
});

test("a new generation of the traffic begins a segment, and a stray older one joins it", () => {
  const seen = [1, 1, 2, 2, 1, 3].map((generation, second) => ({
    observation: { startMs: begin + 1_000 * second, generation },
  }));
  const { segments } = bookAfter(...seen).evidence;
  const counts = segments.map(({ generation, guardrails }) => {
    const known = evidenceFor(guardrails, "errorRate");
    return [generation, known.kind === "rate" ? known.primary.n : undefined];
  });
  assert.deepEqual(counts, [
    [1, 2],
    [2, 3],
    [3, 1],
  ]);
});

test("no more than 16 segments are kept, and nothing is lost beyond", () => {
  const book = openBook(plan, emptyEvidence(plan), begin);
  for (let second = 0; second < 40; second += 1) {
    const startMs = begin + 1_000 * second;
    closeWindows(book, startMs);
    observe(book, observationWith({ startMs, generation: second + 1 }), undefined);
  }
  closeWindows(book, closedAt);
  assert.equal(book.evidence.segments.length, 16);
  assert.equal(book.evidence.requests.primary, 40);
});

test("a book goes on from the evidence it was opened with", () => {
  const first = bookAfter({ observation: {} });
  const second = openBook(plan, first.evidence, closedAt);
  observe(second, observationWith({ startMs: closedAt }), undefined);
  closeWindows(second, closedAt + 60_000);
  assert.equal(second.evidence.requests.primary, 2);
});
