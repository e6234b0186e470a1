import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
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
const BOOKS = 4;
const SECONDS = 90;
const PER_SECOND = 300;

const guardrails: readonly Guardrail[] = [
  errorRate,
  latency,
  disagreement,
  { ...errorRate, name: "users", unit: "user" },
  { kind: "score", name: "score", tolerance: 0.1, weight: 1, dryRun: false },
];
const plan: Plan = {
  ...planWith(guardrails),
  requestTimeoutMs: 15_000,
  breaker: { requests: 200, failures: 0.5 },
};

/** 300 requests a second of ever new users and ids under 60 weights, with long latencies, answers and paths that are all different. */
function fill(seed: number): EvidenceBook {
  const { next } = seeded(seed);
  const hex = (): string =>
    Math.floor(next() * 2 ** 32)
      .toString(16)
      .padStart(8, "0");
  const long = (): string => hex().repeat(128);
  const book = openBook(plan, emptyEvidence(plan), begin);
  for (let second = 0; second < SECONDS; second += 1) {
    const startMs = begin + second * 1_000;
    const generation = 1 + Math.floor(second / 1.5);
    const traffic = { generation, candidateBp: 5_000 - generation, shadowBp: 10_000 };
    announceTraffic(book, { ...traffic, shadowPrimary: false });
    closeWindows(book, startMs);
    for (let request = 0; request < PER_SECOND; request += 1) {
      const answer = answerWith({ latencyMs: 10 ** (5 * next()) });
      const observation = observationWith({
        ...{
          startMs,
          generation,
          requestId: long(),
          subject: Math.floor(next() * 2 ** 44),
          answer,
          shadow: answer,
        },
        served: next() < 0.5 ? "primary" : "candidate",
      });
      const differences = [{ path: `$['${long()}']`, kind: "value" } as const];
      const contents = [{ primary: long(), candidate: long(), disclosure: "shown" } as const];
      const prediction = { flipped: true, scoreDifference: next() };
      const equal = false;
      const found = { equal, differences, contents, differencesCount: 1, prediction };
      observe(book, observation, comparisonWith(found));
    }
  }
  return book;
}

setFlagsFromString("--expose-gc");
const collect: () => void = runInNewContext("gc");

function heapBytes(): number {
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

test("the state of a rollout with guardrails on failures, users, slow requests, answers and scores is below a megabyte, whatever passes", () => {
  fill(1);
  const before = heapBytes();
  const books = Array.from({ length: BOOKS }, (_, index) => fill(index + 2));
  const bytes = (heapBytes() - before) / BOOKS;
  assert.equal(books.filter(({ evidence }) => evidence.pairs > 10_000).length, BOOKS);
  assert(bytes < STATE_BYTES_MAX, `${bytes} bytes`);
});
