import assert from "node:assert/strict";
import { test } from "node:test";
import type { Guardrail } from "../../sidecar/core/plan/plan.ts";
import { canaryStep, disagreement, errorRate, latency, planWith } from "../support/evidence.ts";
import { countEndings, quantile, simulate, type Truth } from "../support/simulation.ts";

const calm: Truth = {
  errors: { primary: 0, candidate: 0 },
  slow: { primary: 0.01, candidate: 0.01 },
  disagreement: 0.02,
};
const wholePlan = planWith([errorRate, latency, disagreement], { rollback: 0.01, promotion: 0.05 });

function only(guardrail: Guardrail): ReturnType<typeof planWith> {
  return planWith([guardrail]);
}

// Requests of both variants together; the reference's medians are in the names.
for (const { name, plan, truth, expected, size } of [
  {
    name: "a fivefold error rate rolls back (margin 1.25, alpha 0.05: 1,300)",
    plan: only({ ...errorRate, margin: 1.25 }),
    truth: { ...calm, errors: { primary: 0.01, candidate: 0.05 } },
    expected: { judgement: "fail", median: 1_500 },
    size: { primary: 45, candidate: 5, pairs: 0 },
  },
  {
    name: "a fivefold error rate rolls back the whole plan (margin 1.5, alpha 0.01)",
    plan: wholePlan,
    truth: { ...calm, errors: { primary: 0.01, candidate: 0.05 } },
    expected: { judgement: "fail", median: 4_000 },
    size: { primary: 45, candidate: 5, pairs: 10 },
  },
  {
    name: "one failure in ten rolls back the whole plan at a weight of 5 % (60 candidate requests)",
    plan: wholePlan,
    truth: { ...calm, errors: { primary: 0, candidate: 0.1 } },
    expected: { judgement: "fail", median: 1_200 },
    size: { primary: 285, candidate: 15, pairs: 300 },
  },
  {
    name: "no error in either passes a tolerance of 1 % (470 candidate requests)",
    plan: only(errorRate),
    truth: calm,
    expected: { judgement: "pass", median: 4_800 },
    size: { primary: 90, candidate: 10, pairs: 0 },
  },
  {
    name: "equal rates of 1 % pass a margin of 2 (11,000 with the ratio alone)",
    plan: only({ ...errorRate, margin: 2, tolerance: 0.001 }),
    truth: { ...calm, errors: { primary: 0.01, candidate: 0.01 } },
    expected: { judgement: "pass", median: 18_000 },
    size: { primary: 900, candidate: 100, pairs: 0 },
  },
  {
    name: "a latency 1.5 times as long, which makes a third slow, rolls back (600)",
    plan: only({ ...latency, margin: 1.25 }),
    truth: { ...calm, slow: { primary: 0.05, candidate: 0.2 } },
    expected: { judgement: "fail", median: 600 },
    size: { primary: 90, candidate: 10, pairs: 0 },
  },
] as const) {
  test(`power: ${name}`, () => {
    const endings = simulate({
      plan,
      step: canaryStep,
      looks: 400,
      runs: 100,
      traffic: () => size,
      truth: () => truth,
    });
    const totals = endings.map(
      ({ evidence }) => evidence.requests.primary + evidence.requests.candidate,
    );
    assert(countEndings(endings, expected.judgement) >= 95);
    assert(quantile(totals, 0.5) <= expected.median, `${quantile(totals, 0.5)}`);
  });
}

test("power: a candidate that breaks at a late step is rolled back in dozens of requests whatever it did before", () => {
  const before = 100;
  const endings = simulate({
    plan: planWith(wholePlan.guardrails, { rollback: 0.01, promotion: 1e-300 }),
    step: canaryStep,
    looks: before + 200,
    runs: 30,
    traffic: (index) =>
      index < before
        ? { primary: 900, candidate: 100, pairs: 100 }
        : { primary: 30, candidate: 10, pairs: 10, generation: 2 },
    truth: (index) => ({
      ...calm,
      errors: { primary: 0.001, candidate: index < before ? 0.001 : 0.1 },
    }),
  });
  const after = endings.map(({ evidence }) => evidence.requests.candidate - 100 * before);
  assert.equal(countEndings(endings, "fail"), 30);
  assert(quantile(after, 0.5) <= 150, `${quantile(after, 0.5)}`);
});

for (const { rate, judgement, median } of [
  { rate: 0, judgement: "pass", median: 400 },
  { rate: 0.002, judgement: "pass", median: 700 },
  { rate: 0.005, judgement: "pass", median: 2_500 },
  { rate: 0.02, judgement: "fail", median: 1_100 },
  { rate: 0.05, judgement: "fail", median: 120 },
  { rate: 0.2, judgement: "fail", median: 30 },
] as const) {
  test(`power: pairs that disagree at ${rate} ${judgement} a tolerance of 0.01 after about ${median} pairs`, () => {
    const endings = simulate({
      plan: only({ ...disagreement, tolerance: 0.01 }),
      step: canaryStep,
      looks: 800,
      runs: 60,
      traffic: () => ({ primary: 0, candidate: 0, pairs: 10 }),
      truth: () => ({ ...calm, disagreement: rate }),
    });
    const pairs = endings.map(({ evidence }) => evidence.pairs);
    assert(countEndings(endings, judgement) >= 54);
    assert(quantile(pairs, 0.5) <= median, `${quantile(pairs, 0.5)}`);
  });
}
