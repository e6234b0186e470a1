import assert from "node:assert/strict";
import { test } from "node:test";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import {
  closeWindows,
  type EvidenceBook,
  observe,
  observeCounts,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import type { Guardrail, Plan } from "../../sidecar/core/plan/plan.ts";
import { jointFailures } from "../../sidecar/core/simulate/pairs.ts";
import { type Random, seeded } from "../../sidecar/core/simulate/random.ts";
import { parseTruth } from "../../sidecar/core/simulate/truth.ts";
import { candidateShare, newUsers } from "../../sidecar/core/simulate/users.ts";
import { drawWindow, type WindowTruth } from "../../sidecar/core/simulate/window.ts";
import { ALL_BP } from "../../sidecar/core/traffic.ts";
import { begin, closedAt, comparisonWith } from "../support/book.ts";
import {
  answerWith,
  disagreement,
  errorRate,
  latency,
  observationWith,
  planWith,
} from "../support/evidence.ts";

const excess: Guardrail = {
  ...{ kind: "excess", name: "excess", noiseBp: 4_000, tolerance: 0.05 },
  ...{ weight: 1, dryRun: false },
};
const plan: Plan = planWith([errorRate, latency, disagreement, excess]);
const parsed = parseTruth([
  "primary-error-rate=0.2",
  "candidate-error-rate=0.3",
  "discordance=0.2",
  "primary-slow-rate=0.1",
  "candidate-slow-rate=0.25",
  "disagreement=0.15",
  "noise=0.3",
]);
assert("truth" in parsed);

const window: WindowTruth = {
  truth: parsed.truth,
  traffic: {
    ...{ generation: 1, candidateBp: 2_000 },
    ...{ shadowBp: 6_000, shadowPrimary: true, noiseBp: 4_000 },
  },
  requests: 60,
  candidateShare: 0.2,
};

function answerOf(seen: { readonly isFailed: boolean; readonly isSlow: boolean }): Answer {
  return answerWith({ status: seen.isFailed ? 503 : 200, latencyMs: seen.isSlow ? 400 : 10 });
}

/** Lets each request of the window happen, one by one, as filters would report them. */
function observeEach(book: EvidenceBook, window: WindowTruth, random: Random): void {
  for (let index = 0; index < window.requests; index += 1) {
    observeOne(book, window, random);
  }
}

function observeOne(book: EvidenceBook, { truth, traffic }: WindowTruth, random: Random): void {
  const bucket = random.next() * ALL_BP;
  const served = bucket < traffic.candidateBp ? "candidate" : "primary";
  const other = served === "primary" ? "candidate" : "primary";
  const joint = jointFailures(truth, served);
  const fate = random.next();
  const isOwn = fate < joint.both + joint.own;
  const isOther = fate < joint.both || (!isOwn && fate < joint.both + joint.own + joint.other);
  const answer = answerOf({ isFailed: isOwn, isSlow: random.next() < truth.slowRate[served] });
  const copy = answerOf({ isFailed: isOther, isSlow: random.next() < truth.slowRate[other] });
  const isPlaceOther = random.next() < truth.disagreement || random.next() < truth.noise;
  const comparison = comparisonOf({ oneFailed: isOwn !== isOther, isPlaceOther });
  const isPrimaryFailed = served === "primary" ? isOwn : isOther;
  const isSecondFailed = random.next() < truth.errorRate.primary;
  const noise = comparisonOf({
    oneFailed: isPrimaryFailed !== isSecondFailed,
    isPlaceOther: random.next() < truth.noise,
  });
  const isShadowed = bucket < traffic.shadowBp;
  const isTwice = bucket < (traffic.noiseBp ?? 0);
  const second = answerOf({ isFailed: isSecondFailed, isSlow: false });
  const shadow = isShadowed ? copy : undefined;
  const pair = { startMs: begin, served, answer, shadow } as const;
  observe(
    book,
    observationWith(isTwice ? { ...pair, secondary: second } : pair),
    isShadowed ? { ...comparison, ...(isTwice ? { noise } : {}) } : undefined,
  );
}

/** Answers differ in their status where one failed, and otherwise perhaps in a place. */
function comparisonOf(found: {
  readonly oneFailed: boolean;
  readonly isPlaceOther: boolean;
}): Comparison {
  const path = found.oneFailed ? "status" : "$['a']";
  const isOther = found.oneFailed || found.isPlaceOther;
  return isOther
    ? comparisonWith({ equal: false, differences: [{ path, kind: "value" }] })
    : comparisonWith();
}

/** What a window's evidence counts, as numbers. */
function countsAfter(fill: (book: EvidenceBook) => void): readonly number[] {
  const book = openBook(plan, emptyEvidence(plan), begin);
  fill(book);
  closeWindows(book, closedAt);
  const { evidence } = book;
  const rates = ["errorRate", "latency"].flatMap((name) => {
    const known = evidenceFor(evidence.guardrails, name);
    return known.kind === "rate" ? [known.primary.k, known.candidate.k] : [];
  });
  const pairs = evidenceFor(evidence.guardrails, "disagreement");
  const disagreeing = pairs.kind === "pair" ? [pairs.pairs.n, pairs.pairs.k] : [];
  const seen = evidenceFor(evidence.guardrails, "excess");
  const total = (slots: Readonly<Record<string, number>>) =>
    Object.values(slots).reduce((sum, count) => sum + count, 0);
  const excesses =
    seen.kind === "excess"
      ? [seen.excesses.n, total(seen.excesses.worse), total(seen.excesses.better)]
      : [];
  return [evidence.requests.candidate, evidence.pairs, ...rates, ...disagreeing, ...excesses];
}

/** Means of the counts and of their products two by two, and how far chance may move each. */
function moments(
  draws: readonly (readonly number[])[],
): readonly { mean: number; error: number }[] {
  const [first = []] = draws;
  const series = first.flatMap((_, a) => [
    draws.map((draw) => draw[a] ?? 0),
    ...first.slice(0, a + 1).map((__, b) => draws.map((draw) => (draw[a] ?? 0) * (draw[b] ?? 0))),
  ]);
  return series.map((values) => {
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const square = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
    return { mean, error: Math.sqrt(square / values.length) };
  });
}

test("windows drawn as counts have the means and products of windows observed request by request", () => {
  const windows = 4_000;
  const random = seeded(5);
  const drawn = moments(
    Array.from({ length: windows }, () =>
      countsAfter((book) => observeCounts(book, begin, drawWindow(plan, window, random))),
    ),
  );
  const observed = moments(
    Array.from({ length: windows }, () => countsAfter((book) => observeEach(book, window, random))),
  );
  assert.equal(drawn.length, 77);
  for (const [index, { mean, error }] of drawn.entries()) {
    const other = observed[index];
    const sigmas = Math.abs(mean - (other?.mean ?? 0)) / Math.hypot(error, other?.error ?? 0);
    assert(sigmas < 4, `moment ${index}: ${mean} and ${other?.mean} are ${sigmas} sigma apart`);
  }
});

test("a share of a hundred percent sends the candidate every request, and copies all to the primary", () => {
  const traffic = { generation: 1, candidateBp: 10_000, shadowBp: 10_000, shadowPrimary: true };
  const { tally } = drawWindow(plan, { ...window, traffic, candidateShare: 1 }, seeded(1));
  assert.deepEqual(tally.requests, { primary: 0, candidate: 60 });
  assert(tally.pairs > 40);
});

test("recurring users stay with the candidate while its weight grows, and make up the share that they are", () => {
  const random = seeded(3);
  const users = newUsers(1, 20);
  const shares = [0.1, 0.3, 0.3, 0.9, 1].map((weight) => candidateShare(users, weight, random));
  assert.deepEqual(
    shares.toSorted((a, b) => a - b),
    shares,
  );
  assert.equal(shares[1], shares[2]);
  assert.equal(shares.at(-1), 1);
  assert.equal(candidateShare(newUsers(0, 20), 0.37, random), 0.37);
});
