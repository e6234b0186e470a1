import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import type { EvidenceBook } from "../../sidecar/core/evidence/ingest.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import {
  bookAfter,
  comparisonWith,
  differs,
  failing,
  hanging,
  nothingExcluded,
  pairsOf,
  ratesOf,
} from "../support/book.ts";
import { answerWith } from "../support/evidence.ts";

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
  {
    name: "none to a user who left soon",
    answer: { status: 0, failure: "abandoned", latencyMs: 250 },
    failed: 0,
    slow: 0,
  },
  {
    name: "none to a user who left late",
    answer: { status: 0, failure: "abandoned", latencyMs: 251 },
    failed: 0,
    slow: 1,
  },
  { name: "no status", answer: { status: 0 }, failed: 1, slow: 1 },
  { name: "a call that is OK", answer: { grpcStatus: 0 }, failed: 0, slow: 0 },
  ...[1, 3, 5, 6, 7, 8, 9, 10, 11, 16].map((grpcStatus) => ({
    name: `a call of status ${grpcStatus}, which is the caller's`,
    answer: { grpcStatus },
    failed: 0,
    slow: 0,
  })),
  ...[2, 4, 12, 13, 14, 15, 17, 999].map((grpcStatus) => ({
    name: `a call of status ${grpcStatus}`,
    answer: { grpcStatus },
    failed: 1,
    slow: 0,
  })),
] as const) {
  test(`an answer of ${name} counts ${failed} failed and ${slow} slow`, () => {
    const observation = { served: "candidate", answer: answerWith(answer) } as const;
    const book = bookAfter({ observation });
    const none = { n: 0, k: 0 };
    assert.deepEqual(ratesOf(book, "errorRate"), {
      primary: none,
      candidate: { n: 1, k: failed },
    });
    assert.deepEqual(ratesOf(book, "latency"), { primary: none, candidate: { n: 1, k: slow } });
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
