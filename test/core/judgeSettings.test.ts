import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Batch } from "../../sidecar/core/evidence/batch.ts";
import { closedTest, logWeightedMean } from "../../sidecar/core/evidence/combine.ts";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Guardrail, Plan } from "../../sidecar/core/plan/plan.ts";
import { decide } from "../../sidecar/core/rollout/decide.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { Verdict } from "../../sidecar/core/verdict.ts";
import {
  batchOf,
  canaryStep,
  disagreement,
  errorRate,
  evidenceOf,
  planWith,
} from "../support/evidence.ts";

const logEs = fc.array(
  fc.record({
    logE: fc.double({ min: -20, max: 20, noNaN: true }),
    weight: fc.double({ min: 0.01, max: 10, noNaN: true }),
  }),
  { minLength: 1, maxLength: 6 },
);

test("closed testing by weight equals the test of every set of hypotheses", () => {
  fc.assert(
    fc.property(logEs, fc.double({ min: 0, max: 10, noNaN: true }), (hypotheses, limit) => {
      const sets = Array.from({ length: 2 ** hypotheses.length - 1 }, (_, index) => index + 1);
      const expected = hypotheses.map((_, own) =>
        sets
          .filter((set) => (set >> own) % 2 === 1)
          .every(
            (set) =>
              logWeightedMean(hypotheses.filter((__, one) => (set >> one) % 2 === 1)) >=
              limit - 1e-9,
          ),
      );
      const values = hypotheses.map(({ logE }) => logE);
      const weights = hypotheses.map(({ weight }) => weight);
      assert.deepEqual(closedTest(values, limit - 1e-9, weights), expected);
    }),
  );
});

// Evidence of 175.
const half = { n: 35, k: 14 };
const good = { n: 500, k: 5 };
const bad = { n: 500, k: 180 };

/** A plan with guardrails on pairs of these settings, and its evidence of these counts. */
function verdictOn(
  seen: Readonly<Record<string, { n: number; k: number }>>,
  settings: Readonly<Record<string, Partial<Pick<Guardrail, "weight" | "dryRun">>>>,
): Verdict {
  const guardrails = Object.keys(seen).map((name) => ({
    ...disagreement,
    ...settings[name],
    name,
  }));
  const plan = planWith(guardrails, { rollback: 0.01, promotion: 0.05 });
  const batch: Batch = { ...batchOf({}), pairs: 500, disagreements: seen };
  return judge(plan, canaryStep, evidenceOf(plan, [batch]));
}

test("a guardrail of more weight needs less evidence to roll back", () => {
  assert.equal(verdictOn({ first: half, second: good }, {}).judgement, "inconclusive");
  const heavy = verdictOn({ first: half, second: good }, { first: { weight: 50 } });
  assert.equal(heavy.judgement, "fail");
  assert.match(heavy.reasons[0] ?? "", /^first: /);
  const light = verdictOn({ first: bad, second: good }, { first: { weight: 1e-40 } });
  assert.notEqual(light.judgement, "fail");
});

test("a guardrail of a dry run is judged, and neither rolls back nor holds up", () => {
  const verdict = verdictOn({ first: bad, second: good }, { first: { dryRun: true } });
  assert.equal(verdict.judgement, "pass");
  const [first] = verdict.guardrails;
  assert.deepEqual([first?.judgement, first?.dryRun], ["fail", true]);
  assert.match(
    first?.reason ?? "",
    /^first \(dry run\): 180 of 500 pairs disagree; more than 15%$/,
  );
  const unclear = verdictOn({ first: { n: 3, k: 0 }, second: good }, { first: { dryRun: true } });
  assert.equal(unclear.judgement, "pass");
});

test("a plan of dry runs alone never passes and never fails", () => {
  for (const seen of [good, bad]) {
    const verdict = verdictOn({ first: seen }, { first: { dryRun: true } });
    assert.equal(verdict.judgement, "inconclusive");
  }
});

function decided(plan: Plan, nowMs: number, verdict: Verdict): string | undefined {
  const evidence = emptyEvidence(plan);
  const common = { evidence, generationInForce: 0 };
  const begun = start(plan, { ...common, nowMs: 1_000, by: "test", previous: undefined });
  const event = decide(plan, evolve(undefined, begun), { ...common, nowMs, verdict });
  return event && `${event.kind}: ${event.reason}`;
}

for (const { outcome, nowMs, withheld, expected } of [
  { outcome: "rollback", nowMs: 60_999, withheld: undefined, expected: undefined },
  {
    outcome: "rollback",
    nowMs: 61_000,
    withheld: undefined,
    expected: /^rolled-back: undecided after 1m: /,
  },
  {
    outcome: "promote",
    nowMs: 61_000,
    withheld: undefined,
    expected: /^promoted: undecided after 1m: /,
  },
  { outcome: "promote", nowMs: 61_000, withheld: "split: wrong", expected: undefined },
  { outcome: "hold", nowMs: 99_000, withheld: undefined, expected: undefined },
] as const) {
  test(`undecided at ${nowMs} ms, a maximum of a minute whose outcome is ${outcome} ${withheld ?? ""} gives ${expected}`, () => {
    const plan = { ...planWith([errorRate]), maximum: { timeMs: 60_000, outcome } };
    const verdict = { ...judge(plan, canaryStep, emptyEvidence(plan)), withheld };
    const found = decided(plan, nowMs, verdict);
    assert.equal(found === undefined, expected === undefined);
    assert.match(found ?? "", expected ?? /^$/);
  });
}
