import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import {
  announceTraffic,
  closeWindows,
  type EvidenceBook,
  observe,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import type { Guardrail, Plan } from "../../sidecar/core/plan/plan.ts";
import { seeded } from "../../sidecar/core/simulate/random.ts";
import { FUTURE_MS } from "../../sidecar/core/window.ts";
import { begin, comparisonWith } from "../support/book.ts";
import {
  answerWith,
  disagreement,
  errorRate,
  latency,
  observationWith,
  planWith,
} from "../support/evidence.ts";

const STATE_BYTES_MAX = 1_000_000;
const BOOKS = 6;
/** The last windows that close begin so long after the book is opened. */
const SECONDS = 90;
const REQUESTS = 27_000;
const PAIRS_MIN = 2_000;

const ordinary = { weight: 1, dryRun: false } as const;
const guardrails: readonly Guardrail[] = [
  errorRate,
  latency,
  disagreement,
  { ...errorRate, name: "users", unit: "user" },
  { kind: "score", name: "score", tolerance: 0.1, ...ordinary },
  { kind: "slowdown", name: "slowdown", margin: 1.5, tolerance: 0.02, ...ordinary },
  { kind: "excess", name: "excess", tolerance: 0.02, noiseBp: 10_000, ...ordinary },
];

function planHolding(requestTimeoutMs: number): Plan {
  const breaker = { requests: 200, failures: 0.5 };
  return { ...planWith(guardrails), requestTimeoutMs, breaker };
}

/** Ever new users and ids under 60 weights, with long latencies, and answers and paths that are all different; starts in every open window. */
function fill(plan: Plan, seed: number): EvidenceBook {
  const { next } = seeded(seed);
  const hex = (): string =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  const long = (): string => hex().repeat(128);
  const book = openBook(plan, emptyEvidence(plan), begin);
  const { holdMs } = book.windows;
  const seconds = holdMs / 1_000 + SECONDS;
  for (let second = 0; second < seconds; second += 1) {
    const nowMs = begin + second * 1_000;
    const generation = 1 + Math.floor((60 * second) / seconds);
    const traffic = { generation, candidateBp: 5_000 - generation, shadowBp: 10_000 };
    announceTraffic(book, { ...traffic, shadowPrimary: false });
    closeWindows(book, nowMs);
    for (let request = 0; request < REQUESTS / seconds; request += 1) {
      const answer = answerWith({ latencyMs: 10 ** (5 * next()) });
      const observation = observationWith({
        startMs: nowMs + FUTURE_MS - Math.floor(next() * (FUTURE_MS + holdMs)),
        generation,
        requestId: long(),
        subject: Math.floor(next() * 2 ** 31),
        answer,
        shadow: answer,
        secondary: answer,
        served: next() < 0.5 ? "primary" : "candidate",
      });
      observe(book, observation, { ...differing(long, next()), noise: differing(long, 0) });
    }
  }
  return book;
}

function differing(long: () => string, scoreDifference: number): Comparison {
  return comparisonWith({
    equal: false,
    differences: [{ path: `$['${long()}']`, kind: "value" }],
    contents: [{ primary: long(), candidate: long(), disclosure: "shown" }],
    differencesCount: 1,
    prediction: { flipped: true, scoreDifference },
  });
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function heapBytes(): number {
  // The second one frees what the first one's finalisers let go.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

for (const requestTimeoutMs of [3_000, 15_000, 300_000]) {
  test(`with every guardrail at once and a timeout of ${requestTimeoutMs} ms, the state of a rollout is below a megabyte, whatever passes`, () => {
    const plan = planHolding(requestTimeoutMs);
    fill(plan, 1);
    const before = heapBytes();
    const books = Array.from({ length: BOOKS }, (_, index) => fill(plan, index + 2));
    const bytes = (heapBytes() - before) / BOOKS;
    assert.equal(books.filter(({ evidence }) => evidence.pairs > PAIRS_MIN).length, BOOKS);
    assert(bytes < STATE_BYTES_MAX, `${bytes} bytes`);
    const [book] = books;
    assert(book !== undefined);
    const stored = Buffer.byteLength(JSON.stringify(book.evidence));
    assert(stored < STATE_BYTES_MAX, `${stored} bytes stored`);
  });
}
