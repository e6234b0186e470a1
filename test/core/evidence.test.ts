import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { logEValues } from "../../sidecar/core/evidence/eValues.ts";
import {
  type Evidence,
  emptyEvidence,
  evidenceFor,
  type GuardrailEvidence,
  type GuardrailsEvidence,
  mergeEvidence,
  mergeGuardrail,
} from "../../sidecar/core/evidence/evidence.ts";
import { rateSums } from "../../sidecar/core/evidence/rate.ts";
import { betsAbove, betsBelow, logThreshold } from "../../sidecar/core/evidence/threshold.ts";
import {
  batchOf,
  disagreement,
  errorRate,
  evidenceOf,
  latency,
  planWith,
} from "../support/evidence.ts";

const plan = planWith([errorRate, latency, disagreement]);

const count = fc
  .record({
    n: fc.oneof(fc.nat(5), fc.nat(100_000)),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ n, share }) => ({ n, k: Math.floor(n * share) }));
const rate = fc.record({ primary: count, candidate: count });
const batches: fc.Arbitrary<readonly Batch[]> = fc.array(
  fc
    .record({ generation: fc.integer({ min: 1, max: 4 }), errors: rate, slow: rate, pairs: count })
    .map(batchOf),
  { maxLength: 12 },
);

function logarithms(known: GuardrailEvidence): readonly number[] {
  return known.kind === "rate" ? [...known.sums.beyond, ...known.sums.below] : [];
}

function countsOf(guardrails: GuardrailsEvidence): unknown {
  return Object.entries(guardrails).map(([name, known]) =>
    known.kind === "rate"
      ? [name, known.primary, known.candidate]
      : [name, { ...known, sums: undefined }],
  );
}

function assertSame(actual: Evidence, expected: Evidence): void {
  assert.deepEqual(actual.requests, expected.requests);
  assert.equal(actual.pairs, expected.pairs);
  assertAlike(actual.guardrails, expected.guardrails);
  assert.equal(actual.segments.length, expected.segments.length);
  for (const [index, { generation, guardrails }] of actual.segments.entries()) {
    assert.equal(generation, expected.segments[index]?.generation);
    assertAlike(guardrails, expected.segments[index]?.guardrails ?? {});
  }
}

function assertAlike(actual: GuardrailsEvidence, expected: GuardrailsEvidence): void {
  assert.deepEqual(countsOf(actual), countsOf(expected));
  for (const { name } of plan.guardrails) {
    const sums = logarithms(evidenceFor(expected, name));
    for (const [index, sum] of logarithms(evidenceFor(actual, name)).entries()) {
      const other = sums[index] ?? Number.NaN;
      assert(
        Math.abs(sum - other) <= 1e-7 * Math.max(1, Math.abs(other)),
        `${name}: ${sum} ${other}`,
      );
    }
  }
}

test("merging the evidence of two lists of blocks equals the evidence of both", () => {
  fc.assert(
    fc.property(batches, batches, (a, b) => {
      const merged = mergeEvidence(evidenceOf(plan, a), evidenceOf(plan, b));
      assertSame(merged, evidenceOf(plan, [...a, ...b]));
    }),
  );
});

test("merging is commutative to the last bit", () => {
  fc.assert(
    fc.property(batches, batches, (a, b) => {
      const [first, second] = [evidenceOf(plan, a), evidenceOf(plan, b)];
      assert.deepEqual(mergeEvidence(first, second), mergeEvidence(second, first));
    }),
  );
});

test("merging with empty evidence changes nothing", () => {
  fc.assert(
    fc.property(batches, (a) => {
      const evidence = evidenceOf(plan, a);
      assert.deepEqual(mergeEvidence(evidence, emptyEvidence(plan)), evidence);
      assert.deepEqual(mergeEvidence(emptyEvidence(plan), evidence), evidence);
    }),
  );
});

test("an empty batch changes no count and no sum", () => {
  assert.deepEqual({ ...evidenceOf(plan, [batchOf({})]), segments: [] }, emptyEvidence(plan));
});

test("segments lie in the order of their generations and add up to the whole", () => {
  fc.assert(
    fc.property(batches, (a) => {
      const { guardrails, segments } = evidenceOf(plan, a);
      const generations = segments.map(({ generation }) => generation);
      assert.deepEqual(
        generations,
        [...new Set(a.map(({ generation }) => generation))].sort((x, y) => x - y),
      );
      for (const { name } of plan.guardrails) {
        const sum = segments
          .map((segment) => evidenceFor(segment.guardrails, name))
          .reduce(mergeGuardrail, evidenceFor(emptyEvidence(plan).guardrails, name));
        assert.deepEqual(
          countsOf({ [name]: sum }),
          countsOf({ [name]: evidenceFor(guardrails, name) }),
        );
      }
    }),
  );
});

test("evidence survives JSON to the last bit", () => {
  fc.assert(
    fc.property(batches, (a) => {
      const evidence = evidenceOf(plan, a);
      assert.deepEqual(JSON.parse(JSON.stringify(evidence)), evidence);
    }),
  );
});

test("evidence of another plan is refused", () => {
  const other = emptyEvidence(planWith([errorRate]));
  assert.throws(() => mergeEvidence(emptyEvidence(plan), other), /evidence of two plans/);
  assert.throws(
    () => evidenceFor(other.guardrails, "latency"),
    /evidence without guardrail latency/,
  );
});

const unit = fc.oneof(
  fc.double({ min: 1e-12, max: 1 - 1e-12, noNaN: true }),
  fc.constantFrom(1e-12, 1e-6, 0.5, 0.8, 0.95, 1 - 1e-12),
);
const hugeCount = fc
  .record({ n: fc.oneof(fc.nat(3), fc.nat(2 ** 31 - 1)), share: fc.constantFrom(0, 1e-9, 0.5, 1) })
  .map(({ n, share }) => ({ n, k: Math.floor(n * share) }));

test("e-values are finite at any tolerance, margin and count", () => {
  fc.assert(
    fc.property(
      fc.record({ tolerance: unit, margin: fc.constantFrom(1, 1.0001, 1.5, 1e6) }),
      fc.record({ primary: hugeCount, candidate: hugeCount }),
      ({ tolerance, margin }, seen) => {
        const known = {
          kind: "rate",
          ...seen,
          sums: rateSums({ margin, tolerance }, [seen]),
        } as const;
        const { bad, good } = logEValues(
          { guardrails: { known }, segments: [] },
          "known",
          tolerance,
        );
        assert(Number.isFinite(bad) && Number.isFinite(good), `${bad} ${good}`);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("e-values are 1 before anything was seen", () => {
  for (const { name } of plan.guardrails) {
    const { bad, good } = logEValues(emptyEvidence(plan), name, 0.01);
    assert(Math.abs(bad) + Math.abs(good) < 1e-12, name);
  }
});

test("a batch without requests of one variant says nothing of the ratio", () => {
  const seen = { n: 50, k: 20 };
  const none = { n: 0, k: 0 };
  const evidence = evidenceOf(plan, [
    batchOf({ errors: { candidate: seen, primary: none } }),
    batchOf({ errors: { candidate: none, primary: seen } }),
  ]);
  const known = evidenceFor(evidence.guardrails, "errorRate");
  assert.deepEqual(
    logarithms(known),
    logarithms(evidenceFor(emptyEvidence(plan).guardrails, "errorRate")),
  );
  assert.deepEqual(evidence.requests, { primary: 50, candidate: 50 });
});

test("one more agreeing pair never lowers the good e-value, one more disagreeing pair never lowers the bad", () => {
  fc.assert(
    fc.property(unit, count, (tolerance, { n, k }) => {
      const good = (seen: { n: number; k: number }) => logThreshold(betsBelow(tolerance), seen);
      const bad = (seen: { n: number; k: number }) => logThreshold(betsAbove(tolerance), seen);
      const rounding = 1e-12 * (n + 1) * Math.abs(Math.log(tolerance) - 3);
      assert(good({ n: n + 1, k }) >= good({ n, k }) - rounding);
      assert(good({ n: n + 1, k: k + 1 }) <= good({ n, k }) + rounding);
      assert(bad({ n: n + 1, k }) <= bad({ n, k }) + rounding);
      assert(bad({ n: n + 1, k: k + 1 }) >= bad({ n, k }) - rounding);
    }),
    { numRuns: 1_000 },
  );
});
