import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import {
  closeWindows,
  type EvidenceBook,
  observe,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import type { Answer, Observation } from "../../sidecar/core/observation.ts";
import {
  answerWith,
  disagreement,
  errorRate,
  latency,
  observationWith,
  planWith,
} from "../support/evidence.ts";

const begin = 1_000_000_000;
const closedAt = begin + 60_000;
const plan = planWith([
  errorRate,
  latency,
  disagreement,
  { ...disagreement, name: "flips", of: "prediction" },
]);
const nothingExcluded = {
  late: 0,
  future: 0,
  overridden: 0,
  unanswered: 0,
  bothFailed: 0,
  undecided: 0,
};

function comparisonWith(part: Partial<Comparison> = {}): Comparison {
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

const differs = comparisonWith({
  equal: false,
  differences: [{ path: "$['a']", kind: "value" }],
  differencesCount: 1,
  prediction: { flipped: true, scoreDifference: 0.5 },
});

type Seen = { readonly observation: Partial<Observation>; readonly comparison?: Comparison };

function bookAfter(...seen: readonly Seen[]): EvidenceBook {
  const book = openBook(plan, emptyEvidence(plan), begin);
  for (const { observation, comparison } of seen) {
    observe(book, observationWith({ startMs: begin, ...observation }), comparison);
  }
  closeWindows(book, closedAt);
  return book;
}

function pairsOf(book: EvidenceBook, name: string): unknown {
  const known = evidenceFor(book.evidence.guardrails, name);
  return known.kind === "pair" ? known.pairs : undefined;
}

function countsOf(book: EvidenceBook, name: string): unknown {
  const known = evidenceFor(book.evidence.guardrails, name);
  return known.kind === "rate" ? { primary: known.primary, candidate: known.candidate } : undefined;
}

const failing: Partial<Answer> = { status: 503 };
const hanging: Partial<Answer> = { status: 0, failure: "timeout", latencyMs: 3_000 };

test("a request counts for the variant that answered it", () => {
  const book = bookAfter(
    { observation: { served: "candidate" } },
    { observation: { served: "primary" } },
    { observation: { served: "primary" } },
  );
  assert.deepEqual(book.evidence.requests, { primary: 2, candidate: 1 });
  assert.deepEqual(countsOf(book, "errorRate"), {
    primary: { n: 2, k: 0 },
    candidate: { n: 1, k: 0 },
  });
  assert.deepEqual(book.excluded, nothingExcluded);
});

for (const { name, answer, failed, slow } of [
  { name: "200 in time", answer: {}, failed: 0, slow: 0 },
  { name: "404", answer: { status: 404 }, failed: 0, slow: 0 },
  { name: "429", answer: { status: 429 }, failed: 0, slow: 0 },
  { name: "500", answer: { status: 500 }, failed: 1, slow: 0 },
  { name: "503", answer: { status: 503 }, failed: 1, slow: 0 },
  { name: "200 just in time", answer: { latencyMs: 250 }, failed: 0, slow: 0 },
  { name: "200 too late", answer: { latencyMs: 250.1 }, failed: 0, slow: 1 },
  { name: "500 too late", answer: { status: 500, latencyMs: 900 }, failed: 1, slow: 1 },
  { name: "no answer in time", answer: hanging, failed: 1, slow: 1 },
  {
    name: "unreachable at once",
    answer: { status: 503, failure: "unreachable", latencyMs: 1 },
    failed: 1,
    slow: 1,
  },
  { name: "reset after its head", answer: { failure: "reset" }, failed: 1, slow: 1 },
  { name: "no status", answer: { status: 0 }, failed: 1, slow: 1 },
] as const) {
  test(`an answer of ${name} counts ${failed} failed and ${slow} slow`, () => {
    const observation = { served: "candidate", answer: answerWith(answer) } as const;
    const book = bookAfter({ observation });
    const none = { n: 0, k: 0 };
    assert.deepEqual(countsOf(book, "errorRate"), {
      primary: none,
      candidate: { n: 1, k: failed },
    });
    assert.deepEqual(countsOf(book, "latency"), { primary: none, candidate: { n: 1, k: slow } });
  });
}

type PairCase = {
  readonly name: string;
  readonly answer?: Partial<Answer>;
  readonly shadow?: Partial<Answer>;
  readonly comparison?: Comparison;
  readonly answerPairs: readonly [number, number];
  readonly flipPairs: readonly [number, number];
  readonly excluded?: Partial<EvidenceBook["excluded"]>;
};

const pairCases: readonly PairCase[] = [
  { name: "agrees", comparison: comparisonWith(), answerPairs: [1, 0], flipPairs: [1, 0] },
  { name: "differs", comparison: differs, answerPairs: [1, 1], flipPairs: [1, 1] },
  {
    name: "differs but for its prediction",
    comparison: { ...differs, prediction: { flipped: false, scoreDifference: 0 } },
    answerPairs: [1, 1],
    flipPairs: [1, 0],
  },
  {
    name: "has no prediction in either answer",
    comparison: comparisonWith({ prediction: { flipped: undefined, scoreDifference: undefined } }),
    answerPairs: [1, 0],
    flipPairs: [0, 0],
    excluded: { undecided: 1 },
  },
  {
    name: "was cut off before any difference",
    comparison: comparisonWith({ method: "truncated", prediction: undefined }),
    answerPairs: [0, 0],
    flipPairs: [0, 0],
    excluded: { undecided: 1 },
  },
  {
    name: "was cut off after a difference",
    comparison: { ...differs, method: "truncated", prediction: undefined },
    answerPairs: [1, 1],
    flipPairs: [0, 0],
    excluded: { undecided: 1 },
  },
  {
    name: "was not compared",
    answerPairs: [0, 0],
    flipPairs: [0, 0],
    excluded: { undecided: 1 },
  },
  {
    name: "has one variant failing",
    shadow: failing,
    comparison: comparisonWith({ prediction: undefined }),
    answerPairs: [1, 1],
    flipPairs: [1, 1],
  },
  {
    name: "has the other variant failing",
    answer: failing,
    comparison: differs,
    answerPairs: [1, 1],
    flipPairs: [1, 1],
  },
];

for (const { name, answer, shadow, comparison, answerPairs, flipPairs, excluded } of pairCases) {
  test(`a pair that ${name} counts ${answerPairs} for its answer and ${flipPairs} for its prediction`, () => {
    const observation = { answer: answerWith(answer), shadow: answerWith(shadow) };
    const book = bookAfter(
      comparison === undefined ? { observation } : { observation, comparison },
    );
    assert.equal(book.evidence.pairs, 1);
    assert.deepEqual(pairsOf(book, "disagreement"), { n: answerPairs[0], k: answerPairs[1] });
    assert.deepEqual(pairsOf(book, "flips"), { n: flipPairs[0], k: flipPairs[1] });
    assert.deepEqual(book.excluded, { ...nothingExcluded, ...excluded });
  });
}

for (const { name, answer, shadow, excluded } of [
  { name: "the shadow gave no answer", answer: {}, shadow: hanging, excluded: "unanswered" },
  { name: "the user got no answer", answer: hanging, shadow: {}, excluded: "unanswered" },
  { name: "neither answered", answer: hanging, shadow: hanging, excluded: "unanswered" },
  { name: "both failed", answer: failing, shadow: failing, excluded: "bothFailed" },
] as const) {
  test(`a request of which ${name} is no pair, and is still a request`, () => {
    const observation = { answer: answerWith(answer), shadow: answerWith(shadow) };
    const book = bookAfter({ observation, comparison: differs });
    assert.equal(book.evidence.pairs, 0);
    assert.deepEqual(pairsOf(book, "disagreement"), { n: 0, k: 0 });
    assert.deepEqual(book.evidence.requests, { primary: 1, candidate: 0 });
    assert.deepEqual(book.excluded, { ...nothingExcluded, [excluded]: 1 });
    assert.equal(book.differences.total, 0);
  });
}

test("an overridden request is neither a request nor a pair", () => {
  const observation = { overridden: true, shadow: answerWith(), answer: answerWith(failing) };
  const book = bookAfter({ observation, comparison: differs });
  assert.deepEqual(book.evidence, emptyEvidence(plan));
  assert.deepEqual(book.excluded, { ...nothingExcluded, overridden: 1 });
});

test("late and future observations are counted and change nothing else", () => {
  const book = bookAfter(
    { observation: { startMs: begin - 1 } },
    { observation: { startMs: begin + 5_001 } },
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

test("a batch is cut after 200 requests, or after 10 s, and not before", () => {
  const held = 1_000 + plan.requestTimeoutMs + 1_000;
  const book = openBook(plan, emptyEvidence(plan), begin);
  const send = (startMs: number, count: number): void => {
    for (let index = 0; index < count; index += 1) {
      observe(book, observationWith({ startMs }), undefined);
    }
  };
  send(begin, 199);
  assert.equal(closeWindows(book, begin + held), false);
  send(begin + 1_000, 1);
  assert.equal(closeWindows(book, begin + 1_000 + held), true);
  assert.equal(book.evidence.requests.primary, 200);
  closeWindows(book, begin + 12_000);
  send(begin + 15_000, 3);
  assert.equal(closeWindows(book, begin + 15_000 + held), false);
  assert.equal(closeWindows(book, begin + 24_000 + held - 1), false);
  assert.equal(closeWindows(book, begin + 24_000 + held), true);
  assert.equal(book.evidence.requests.primary, 203);
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
