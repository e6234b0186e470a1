import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { closedTest } from "../../sidecar/core/evidence/combine.ts";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { judge } from "../../sidecar/core/judge.ts";
import { logMeanExp } from "../../sidecar/core/special.ts";
import type { Verdict } from "../../sidecar/core/verdict.ts";
import {
  batchOf,
  canaryStep,
  disagreement,
  errorRate,
  evidenceOf,
  latency,
  planWith,
  shadowStep,
} from "../support/evidence.ts";

const plan = planWith([errorRate, latency, disagreement], { rollback: 0.01, promotion: 0.05 });

function errors(
  candidate: readonly [number, number],
  primary: readonly [number, number],
): Batch["rates"][string] {
  return {
    candidate: { k: candidate[0], n: candidate[1] },
    primary: { k: primary[0], n: primary[1] },
  };
}

const goodRate = errors([0, 1_000], [10, 9_000]);
const unclearRate = errors([0, 212], [1, 4_020]);
const badRate = errors([14, 130], [0, 2_470]);
const goodPairs = { n: 500, k: 5 };
const unclearPairs = { n: 20, k: 1 };
const badPairs = { n: 500, k: 180 };

function verdictOn(batch: Batch, step: typeof shadowStep = canaryStep): Verdict {
  return judge(plan, step, evidenceOf(plan, [batch]));
}

for (const { name, batch, step, expected } of [
  { name: "nothing", batch: {}, step: canaryStep, expected: "inconclusive" },
  { name: "nothing", batch: {}, step: shadowStep, expected: "inconclusive" },
  { name: "good pairs only", batch: { pairs: goodPairs }, step: shadowStep, expected: "pass" },
  {
    name: "good pairs only",
    batch: { pairs: goodPairs },
    step: canaryStep,
    expected: "inconclusive",
  },
  { name: "few pairs", batch: { pairs: unclearPairs }, step: shadowStep, expected: "inconclusive" },
  { name: "bad pairs", batch: { pairs: badPairs }, step: shadowStep, expected: "fail" },
  {
    name: "everything good",
    batch: { errors: goodRate, slow: goodRate, pairs: goodPairs },
    step: canaryStep,
    expected: "pass",
  },
  {
    name: "all good but too few requests",
    batch: { errors: unclearRate, slow: goodRate, pairs: goodPairs },
    step: canaryStep,
    expected: "inconclusive",
  },
  {
    name: "all good but the errors",
    batch: { errors: badRate, slow: goodRate, pairs: goodPairs },
    step: canaryStep,
    expected: "fail",
  },
  {
    name: "all good but the latency",
    batch: { errors: goodRate, slow: badRate, pairs: goodPairs },
    step: canaryStep,
    expected: "fail",
  },
  {
    name: "good pairs and failing requests",
    batch: { errors: badRate, pairs: goodPairs },
    step: shadowStep,
    expected: "fail",
  },
] as const) {
  test(`${name} in a ${step.kind} step: ${expected}`, () => {
    assert.equal(verdictOn(batchOf(batch), step).judgement, expected);
  });
}

const chance = fc.double({ min: 1e-6, max: 0.5, noNaN: true });
const limits = fc.record({
  margin: fc.double({ min: 1, max: 20, noNaN: true }),
  tolerance: fc.double({ min: 1e-6, max: 0.999, noNaN: true }),
});

test("without evidence no plan passes or fails in any step", () => {
  fc.assert(
    fc.property(limits, chance, chance, (limit, rollback, promotion) => {
      const guardrails = [
        { ...errorRate, ...limit },
        { ...disagreement, ...limit },
      ];
      const any = planWith(guardrails, { rollback, promotion });
      for (const step of [shadowStep, canaryStep]) {
        assert.equal(judge(any, step, emptyEvidence(any)).judgement, "inconclusive");
      }
    }),
  );
});

test("a shadow step of a plan without a guardrail on pairs never passes, and says why", () => {
  const noPairs = planWith([errorRate]);
  const evidence = evidenceOf(noPairs, [batchOf({ errors: goodRate, pairs: goodPairs })]);
  const verdict = judge(noPairs, shadowStep, evidence);
  assert.equal(verdict.judgement, "inconclusive");
  assert.deepEqual(verdict.reasons, [
    "a shadow step brings only pairs, and no guardrail of the plan is on pairs",
  ]);
});

test("a last step that is a shadow step never promotes past a guardrail that it can't feed", () => {
  const shadowOnly = { ...plan, steps: [shadowStep] };
  const evidence = evidenceOf(shadowOnly, [batchOf({ pairs: goodPairs })]);
  assert.equal(judge(plan, shadowStep, evidence).judgement, "pass");
  const verdict = judge(shadowOnly, shadowStep, evidence);
  assert.equal(verdict.judgement, "inconclusive");
  assert.match(
    verdict.reasons[0] ?? "",
    /^errorRate: .* a shadow step sends it no request to judge$/,
  );
});

test("a verdict says in figures what is missing, the longest wait first", () => {
  const verdict = verdictOn(batchOf({ errors: unclearRate, slow: goodRate, pairs: unclearPairs }));
  assert.deepEqual(verdict.reasons, [
    "errorRate: 0 of 212 candidate requests failed (primary 1 of 4,020); about 260 more candidate requests needed",
    "disagreement: 1 of 20 pairs disagree; about 49 more pairs needed",
  ]);
});

test("a failure names its culprit and the evidence", () => {
  const verdict = verdictOn(batchOf({ errors: badRate, slow: goodRate, pairs: goodPairs }));
  assert.equal(
    verdict.reasons[0],
    "errorRate: 14 of 130 candidate requests failed (primary 0 of 2,470); more than 1.5 times the primary's rate and more than 1%",
  );
  assert.match(verdict.reasons[1] ?? "", /^evidence against the candidate: .* rolls back$/);
  assert.deepEqual(
    verdict.guardrails.map(({ name, judgement }) => [name, judgement]),
    [
      ["errorRate", "fail"],
      ["latency", "pass"],
      ["disagreement", "pass"],
    ],
  );
});

test("a pass says within which limits every guardrail is", () => {
  const verdict = verdictOn(batchOf({ errors: goodRate, slow: goodRate, pairs: goodPairs }));
  assert.deepEqual(verdict.reasons, [
    "errorRate: 0 of 1,000 candidate requests failed (primary 10 of 9,000); at most 1.5 times the primary's rate, or 1%",
    "latency: 0 of 1,000 candidate requests took more than 250 ms (primary 10 of 9,000); at most 1.5 times the primary's rate, or 2%",
    "disagreement: 5 of 500 pairs disagree; at most 15%",
  ]);
  assert.equal(verdict.requestsNeeded, 0);
});

test("what a candidate did well before does not pass it while it breaks", () => {
  const past = batchOf({ errors: errors([1, 10_000], [90, 90_000]) });
  const now = batchOf({ generation: 2, errors: errors([8, 60], [0, 180]) });
  const one = planWith([errorRate], { rollback: 1e-6, promotion: 0.05 });
  assert.equal(judge(one, canaryStep, evidenceOf(one, [past])).judgement, "pass");
  const verdict = judge(one, canaryStep, evidenceOf(one, [past, now]));
  assert.equal(verdict.judgement, "inconclusive");
  assert((verdict.guardrails[0]?.logEGood ?? 0) > Math.log(20));
  assert.match(verdict.reasons[0] ?? "", /no longer since the traffic last changed$/);
  assert.equal(verdict.requestsNeeded, undefined);
});

test("pairs that no rule could decide are no evidence, and the verdict says so", () => {
  const undecided: Batch = { ...batchOf({}), pairs: 500 };
  const verdict = verdictOn(undecided, shadowStep);
  assert.equal(verdict.judgement, "inconclusive");
  assert.match(verdict.reasons[0] ?? "", /none of 500 pairs could be decided/);
});

test("guardrails that fail only together are said to, with one of the strongest", () => {
  const three = planWith(
    ["first", "second", "third"].map((name) => ({ ...disagreement, name })),
    { rollback: 0.01, promotion: 0.05 },
  );
  // 14 of 35 is evidence of 175: each is too little beside the third, both are enough.
  const half = { n: 35, k: 14 };
  const batch = {
    ...batchOf({}),
    pairs: 500,
    disagreements: { first: half, second: half, third: goodPairs },
  };
  const verdict = judge(three, canaryStep, evidenceOf(three, [batch]));
  assert.equal(verdict.judgement, "fail");
  assert.deepEqual(
    verdict.guardrails.map(({ judgement }) => judgement),
    ["inconclusive", "inconclusive", "pass"],
  );
  assert.equal(verdict.reasons[0], "no guardrail fails by itself, all together do");
  assert.match(verdict.reasons[1] ?? "", /^first: 14 of 35 pairs disagree/);
});

const logEs = fc.array(fc.double({ min: -20, max: 20, noNaN: true }), {
  minLength: 1,
  maxLength: 6,
});

test("closed testing equals the test of every set of hypotheses", () => {
  fc.assert(
    fc.property(logEs, fc.double({ min: 0, max: 10, noNaN: true }), (values, limit) => {
      const sets = Array.from({ length: 2 ** values.length - 1 }, (_, index) => index + 1);
      const expected = values.map((_, own) =>
        sets
          .filter((set) => (set >> own) % 2 === 1)
          .every(
            (set) => logMeanExp(values.filter((_, one) => (set >> one) % 2 === 1)) >= limit - 1e-9,
          ),
      );
      const strict = closedTest(values, limit - 1e-9);
      assert.deepEqual(strict, expected);
    }),
  );
});

test("a guardrail is named only where all together fail", () => {
  fc.assert(
    fc.property(logEs, (values) => {
      const named = closedTest(values, 3).some((rejected) => rejected);
      assert(!named || logMeanExp(values) >= 3 - 1e-9);
    }),
  );
});
