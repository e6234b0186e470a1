import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { pairsNeeded } from "../../sidecar/core/evidence/needed.ts";
import { betsBelow, logThreshold } from "../../sidecar/core/evidence/threshold.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import {
  batchOf,
  canaryStep,
  disagreement,
  errorRate,
  evidenceOf,
  planWith,
  shadowStep,
} from "../support/evidence.ts";

const logLimit = Math.log(20);

test("pairs needed are those with which a candidate that goes on the same passes", () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0.001, 0.01, 0.15, 0.5, 0.9),
      fc.nat(5_000),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (tolerance, n, share) => {
        const k = Math.floor(n * share * tolerance);
        const needed = pairsNeeded({ n, k }, { tolerance, logLimit });
        const rate = (k + 0.2) / (n + 1 / tolerance);
        const logAfter = (more: number): number =>
          logThreshold(betsBelow(tolerance), { n: n + more, k: k + rate * more });
        assert(needed === undefined || logAfter(needed) >= logLimit - 1e-9);
        assert(needed === undefined || needed === 0 || logAfter(needed * 0.97 - 2) < logLimit);
      },
    ),
  );
});

for (const { seen, expected } of [
  { seen: { n: 0, k: 0 }, expected: 730 },
  { seen: { n: 212, k: 0 }, expected: 210 },
  { seen: { n: 400, k: 0 }, expected: 0 },
  { seen: { n: 1_000, k: 12 }, expected: undefined },
  { seen: { n: 100, k: 10 }, expected: undefined },
]) {
  test(`after ${seen.k} of ${seen.n} pairs that disagree, a tolerance of 1 % needs about ${expected} more`, () => {
    const needed = pairsNeeded(seen, { tolerance: 0.01, logLimit });
    assert.equal(needed === undefined, expected === undefined);
    assert(Math.abs((needed ?? 0) - (expected ?? 0)) <= 0.05 * (expected ?? 0), `${needed}`);
  });
}

const minimum = { pairs: 0, requests: 0, timeMs: 0 };
const canary = (candidateBp: number, shadowBp: number): Step => ({
  kind: "canary",
  minimum,
  candidateBp,
  shadowBp,
});

for (const { name, step, guardrails, share } of [
  { name: "all pairs of a shadow step", step: shadowStep, guardrails: [disagreement], share: 1 },
  {
    name: "a tenth of the requests as pairs",
    step: { kind: "shadow", shadowBp: 1_000, minimum } as const,
    guardrails: [disagreement],
    share: 0.1,
  },
  { name: "a weight of 5 %", step: canary(500, 0), guardrails: [errorRate], share: 0.05 },
  { name: "a weight of 50 %", step: canary(5_000, 0), guardrails: [errorRate], share: 0.5 },
]) {
  test(`with ${name} the user requests needed are the evidence needed over that share`, () => {
    const plan = planWith(guardrails);
    const verdict = judge(plan, step, emptyEvidence(plan));
    const needed = verdict.guardrails[0]?.needed ?? Number.NaN;
    assert.equal(verdict.requestsNeeded, Math.ceil(needed / share));
  });
}

test("pairs that a step never brings can't be waited for", () => {
  const plan = planWith([errorRate, disagreement]);
  const verdict = judge(plan, canary(500, 0), emptyEvidence(plan));
  assert.equal(verdict.requestsNeeded, undefined);
});

test("what no longer can pass at the present rate has no estimate", () => {
  const plan = planWith([errorRate]);
  const worse = { candidate: { n: 100, k: 4 }, primary: { n: 900, k: 9 } };
  const verdict = judge(plan, canaryStep, evidenceOf(plan, [batchOf({ errors: worse })]));
  assert.equal(verdict.requestsNeeded, undefined);
  assert.match(verdict.reasons[0] ?? "", /at this rate it will not be shown/);
});

test("requests needed for a rate come true when the candidate goes on without errors", () => {
  const plan = planWith([errorRate]);
  const batch = batchOf({ errors: { candidate: { n: 10, k: 0 }, primary: { n: 90, k: 1 } } });
  const start = evidenceOf(plan, [batch]);
  const needed = judge(plan, canaryStep, start).guardrails[0]?.needed ?? Number.NaN;
  const batches = Array.from({ length: Math.ceil(needed / 10) }, () => batch);
  assert.equal(judge(plan, canaryStep, evidenceOf(plan, batches)).judgement, "pass");
});
