import assert from "node:assert/strict";
import { test } from "node:test";
import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { addBlock } from "../../sidecar/core/evidence/block.ts";
import { intervalsOf } from "../../sidecar/core/evidence/display.ts";
import { emptyEvidence, evidenceFor } from "../../sidecar/core/evidence/evidence.ts";
import { bucketOf, type Latencies } from "../../sidecar/core/evidence/latencies.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Guardrail } from "../../sidecar/core/plan/plan.ts";
import { seeded } from "../../sidecar/core/simulate/random.ts";
import {
  batchOf,
  canaryStep,
  disagreement,
  errorRate,
  evidenceOf,
  planWith,
} from "../support/evidence.ts";
import { mostOf } from "../support/simulation.ts";

const slowdown: Guardrail = {
  ...{ kind: "slowdown", name: "slowdown", margin: 1.5, tolerance: 0.02 },
  ...{ weight: 1, dryRun: false },
};
const score: Guardrail = {
  ...{ kind: "score", name: "score", tolerance: 0.1 },
  ...{ weight: 1, dryRun: false },
};
const common: Guardrail = { ...errorRate, frequency: "common", margin: 1.2, tolerance: 0.1 };

/** Latencies of about 50 ms times a factor. */
function latenciesOf(n: number, factor: number, next: () => number): Latencies {
  const latencies: Record<string, number> = {};
  for (let index = 0; index < n; index += 1) {
    const bucket = bucketOf(factor * 50 * Math.exp(1.5 * (next() + next() + next() - 1.5)));
    latencies[bucket] = (latencies[bucket] ?? 0) + 1;
  }
  return latencies;
}

/** What a plan of one guardrail says after at most `looks` batches. */
function judgementOf(guardrail: Guardrail, makeBatch: () => Batch, looks: number): string {
  const plan = planWith([guardrail]);
  let evidence = emptyEvidence(plan);
  for (let look = 0; look < looks; look += 1) {
    evidence = addBlock(plan, evidence, [makeBatch()]);
    const { judgement } = judge(plan, canaryStep, evidence);
    if (judgement !== "inconclusive") {
      return judgement;
    }
  }
  return "inconclusive";
}

for (const { guardrail, name, makeBatch, expected } of [
  ...[
    { factor: 1, expected: "pass" },
    { factor: 3, expected: "fail" },
  ].map(({ factor, expected }) => ({
    guardrail: slowdown,
    name: `latencies of ${factor} times the primary's`,
    expected,
    makeBatch: (next: () => number): Batch => ({
      ...batchOf({}),
      latencies: {
        slowdown: { primary: latenciesOf(100, 1, next), candidate: latenciesOf(100, factor, next) },
      },
    }),
  })),
  ...[
    { mean: 0.02, expected: "pass" },
    { mean: 0.2, expected: "fail" },
  ].map(({ mean, expected }) => ({
    guardrail: score,
    name: `scores that are ${mean} apart`,
    expected,
    makeBatch: (next: () => number): Batch => ({
      ...batchOf({}),
      scores: { score: { [Math.round(2 * 256 * mean * next())]: 5 } },
    }),
  })),
  ...[
    { rate: 0.5, expected: "pass" },
    { rate: 0.8, expected: "fail" },
  ].map(({ rate, expected }) => ({
    guardrail: common,
    name: `a rate of ${rate} where the primary's is one half`,
    expected,
    makeBatch: (next: () => number): Batch => {
      const events = (p: number) =>
        Array.from({ length: 50 }, next).filter((one) => one < p).length;
      const errors = {
        primary: { n: 50, k: events(0.5) },
        candidate: { n: 50, k: events(rate) },
      };
      return batchOf({ errors });
    },
  })),
]) {
  test(`${guardrail.kind}: ${name} ${expected}`, () => {
    const random = seeded(31);
    assert.equal(
      judgementOf(guardrail, () => makeBatch(random.next), 60),
      expected,
    );
  });
}

test("at the margin of a common rate, neither end is reached more often than alpha says", () => {
  const runs = 150;
  const found = Array.from({ length: runs }, (_, run) => {
    const random = seeded(run + 1);
    const makeBatch = () =>
      batchOf({
        errors: {
          primary: { n: 45, k: random.binomial(45, 0.5) },
          candidate: { n: 20, k: random.binomial(20, 0.6) },
        },
      });
    return judgementOf(common, makeBatch, 40);
  });
  for (const ending of ["pass", "fail"]) {
    const count = found.filter((one) => one === ending).length;
    assert(count <= mostOf(runs, 0.05), `${count} ${ending}`);
  }
});

test("what a verdict shows has an interval about it, and nothing has none", () => {
  const plan = planWith([errorRate, disagreement, slowdown, score]);
  const nothing = emptyEvidence(plan);
  for (const { name } of plan.guardrails) {
    const found = intervalsOf(evidenceFor(nothing.guardrails, name));
    assert.deepEqual(found, { primary: undefined, candidate: undefined });
  }
  const errors = { primary: { n: 900, k: 9 }, candidate: { n: 100, k: 3 } };
  const batch: Batch = {
    ...batchOf({ errors, pairs: { n: 200, k: 20 } }),
    scores: { score: { "0": 90, "64": 10 } },
  };
  const { guardrails } = evidenceOf(plan, [batch]);
  for (const { name, value } of [
    { name: "errorRate", value: 0.03 },
    { name: "disagreement", value: 0.1 },
    { name: "score", value: 0.025 },
  ]) {
    const { candidate } = intervalsOf(evidenceFor(guardrails, name));
    assert(candidate !== undefined && candidate.from < value && value < candidate.to, name);
  }
});
