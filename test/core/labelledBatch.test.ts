import assert from "node:assert/strict";
import { test } from "node:test";
import { labelledBatch } from "../../sidecar/core/evidence/labelledBatch.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { LabelValue } from "../../sidecar/core/performance/prediction.ts";
import type { LabelRules } from "../../sidecar/core/plan/plan.ts";

const rules: LabelRules = {
  horizonMs: 1_000,
  missing: "exclude",
  coverage: 0.8,
  positive: "1",
};

function caseOf(
  label: LabelValue | undefined,
  said: { readonly primary?: LabelValue; readonly candidate?: LabelValue },
): MaturedCase {
  const of = (value: LabelValue) => ({ version: "v", atMs: 1, label: value });
  return {
    id: "a",
    atMs: 1,
    label,
    predictions: {
      ...(said.primary === undefined ? {} : { primary: of(said.primary) }),
      ...(said.candidate === undefined ? {} : { candidate: of(said.candidate) }),
    },
  };
}

test("a pair counts by which variant was right, and a number is the class of its digits", () => {
  const batch = labelledBatch(
    [
      caseOf(1, { primary: "1", candidate: 0 }),
      caseOf("1", { primary: 0, candidate: 1 }),
      caseOf(0, { primary: 0, candidate: 0 }),
      caseOf(0, { primary: 1, candidate: 1 }),
    ],
    rules,
  );
  assert.deepEqual(batch.pairs, { worse: 1, better: 1, tied: 2 });
  assert.deepEqual(batch.wrong, { primary: { n: 4, k: 2 }, candidate: { n: 4, k: 2 } });
  assert.deepEqual(batch.matched, { worse: 0, better: 0, tied: 0 });
});

test("requests of which one variant predicted are matched in order, and what is left over is not compared", () => {
  const batch = labelledBatch(
    [
      caseOf(1, { primary: 1 }),
      caseOf(1, { candidate: 0 }),
      caseOf(1, { primary: 0 }),
      caseOf(1, { primary: 1 }),
      caseOf(1, { candidate: 1 }),
    ],
    rules,
  );
  assert.deepEqual(batch.matched, { worse: 1, better: 1, tied: 0 });
  assert.deepEqual(batch.pairs, { worse: 0, better: 0, tied: 0 });
  assert.deepEqual(batch.labelled, { primary: 3, candidate: 2 });
});

test("precision, recall and F1 are about the candidate's own events", () => {
  const batch = labelledBatch(
    [
      caseOf(1, { candidate: 1 }),
      caseOf(1, { candidate: 0 }),
      caseOf(0, { candidate: 1 }),
      caseOf(0, { candidate: 0 }),
    ],
    rules,
  );
  assert.deepEqual(batch.events, {
    accuracy: { n: 4, k: 2 },
    precision: { n: 2, k: 1 },
    recall: { n: 2, k: 1 },
    f1: { n: 3, k: 2 },
  });
});

test("a missing label counts as missing, or as not positive where the plan says so", () => {
  const cases = [caseOf(undefined, { candidate: 1 }), caseOf(undefined, { candidate: 0 })];
  const excluded = labelledBatch(cases, rules);
  assert.deepEqual([excluded.matured.candidate, excluded.labelled.candidate], [2, 0]);
  const negative = labelledBatch(cases, { ...rules, missing: "negative" });
  assert.equal(negative.labelled.candidate, 2);
  assert.deepEqual(negative.events.accuracy, { n: 2, k: 1 });
  assert.deepEqual(negative.events.precision, { n: 1, k: 1 });
});

test("numbers are right within a distance", () => {
  const near = { ...rules, within: 0.5 };
  const batch = labelledBatch(
    [
      caseOf(2, { candidate: 2.5 }),
      caseOf(2, { candidate: 2.6 }),
      caseOf("2", { candidate: "1.5" }),
      caseOf(2, { candidate: "two" }),
      caseOf(undefined, { candidate: 2 }),
    ],
    near,
  );
  assert.deepEqual(batch.wrong.candidate, { n: 4, k: 2 });
});
