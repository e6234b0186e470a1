import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import {
  type Evidence,
  emptyEvidence,
  mergeEvidence,
} from "../../sidecar/core/evidence/evidence.ts";
import { openBook } from "../../sidecar/core/evidence/ingest.ts";
import type { LabelledBatch } from "../../sidecar/core/evidence/labelled.ts";
import { observeLabels } from "../../sidecar/core/evidence/labels.ts";
import { lossAt, metricAt } from "../../sidecar/core/evidence/loss.ts";
import { judge } from "../../sidecar/core/judge.ts";
import { type Guardrail, LABEL_METRICS, type Plan } from "../../sidecar/core/plan/plan.ts";
import { logAgainst } from "../../sidecar/core/weigh.ts";
import {
  batchOf,
  canaryStep,
  disagreement,
  evidenceOf,
  planWith,
  shadowStep,
} from "../support/evidence.ts";
import { seeded } from "../support/random.ts";

const accuracy: Guardrail & { kind: "accuracy" } = {
  kind: "accuracy",
  name: "accuracy",
  tolerance: 0.02,
  weight: 1,
  dryRun: false,
};
const f1: Guardrail & { kind: "performance" } = {
  kind: "performance",
  name: "performance",
  metric: "f1",
  floor: 0.8,
  tolerance: lossAt("f1", 0.8),
  weight: 1,
  dryRun: false,
};
const none = { n: 0, k: 0 };

/** `n` labelled pairs of which the primary alone is right in `worse`, and the candidate alone in `better`; all of age, `missing` without a label. */
function pairsOf(seen: {
  readonly n: number;
  readonly worse: number;
  readonly better: number;
  readonly missing?: { readonly primary: number; readonly candidate: number };
  readonly f1?: { readonly n: number; readonly k: number };
}): LabelledBatch {
  const { n, worse, better, missing = { primary: 0, candidate: 0 } } = seen;
  return {
    matured: { primary: n + missing.primary, candidate: n + missing.candidate },
    labelled: { primary: n, candidate: n },
    wrong: { primary: { n, k: better }, candidate: { n, k: worse } },
    pairs: { worse, better, tied: n - worse - better },
    matched: { worse: 0, better: 0, tied: 0 },
    events: { accuracy: { n, k: worse }, precision: none, recall: none, f1: seen.f1 ?? none },
  };
}

function labelledPlan(guardrails: readonly Guardrail[]): Plan {
  return {
    ...planWith(guardrails),
    labels: { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "1" },
  };
}

function afterLabels(plan: Plan, ...batches: readonly LabelledBatch[]): Evidence {
  const book = openBook(plan, emptyEvidence(plan), 0);
  for (const batch of batches) {
    observeLabels(book, batch);
  }
  return book.evidence;
}

describe("labels as evidence", () => {
  const plan = labelledPlan([accuracy]);

  test("a candidate as accurate as the primary passes, and one that is less accurate fails", () => {
    const good = afterLabels(plan, pairsOf({ n: 3_000, worse: 60, better: 60 }));
    const bad = afterLabels(plan, pairsOf({ n: 3_000, worse: 300, better: 60 }));
    assert.equal(judge(plan, shadowStep, good).judgement, "pass");
    const verdict = judge(plan, shadowStep, bad);
    assert.equal(verdict.judgement, "fail");
    assert.match(
      verdict.reasons[0] ?? "",
      /^accuracy: 2,700 of 3,000 labelled candidate predictions are right \(primary 2,940 of 3,000\)/,
    );
  });

  test("without labels there is neither pass nor failure, and the verdict says how many are needed", () => {
    const verdict = judge(plan, shadowStep, emptyEvidence(plan));
    assert.equal(verdict.judgement, "inconclusive");
    assert.match(verdict.reasons[0] ?? "", /about \d+ more labelled predictions needed$/);
    assert.ok((verdict.requestsNeeded ?? 0) > 0);
  });

  test("labels hold up only the last step, and one that nothing else can judge", () => {
    const [mixed, alone] = [labelledPlan([accuracy, disagreement]), plan];
    const pairs = (of: Plan): Evidence => evidenceOf(of, [batchOf({ pairs: { n: 2_000, k: 20 } })]);
    assert.equal(judge(mixed, shadowStep, pairs(mixed)).judgement, "pass");
    assert.equal(judge(mixed, canaryStep, pairs(mixed)).judgement, "inconclusive");
    assert.equal(judge(alone, shadowStep, pairs(alone)).judgement, "inconclusive");
  });

  test("what was matched and what was paired count alike", () => {
    const paired = pairsOf({ n: 3_000, worse: 60, better: 60 });
    const matched = { ...paired, pairs: paired.matched, matched: paired.pairs };
    const [a, b] = [afterLabels(plan, paired), afterLabels(plan, matched)];
    assert.equal(
      judge(plan, shadowStep, a).guardrails[0]?.logEGood,
      judge(plan, shadowStep, b).guardrails[0]?.logEGood,
    );
  });

  test("labels that cover too little, or one variant less than the other, promote nothing", () => {
    const seen = { n: 3_000, worse: 60, better: 60 };
    const few = afterLabels(plan, pairsOf({ ...seen, missing: { primary: 900, candidate: 900 } }));
    assert.match(
      judge(plan, shadowStep, few).reasons[0] ?? "",
      /primary has labels for 76% of its predictions, 80% are needed$/,
    );
    const uneven = pairsOf({ ...seen, missing: { primary: 20, candidate: 400 } });
    const verdict = judge(plan, shadowStep, afterLabels(plan, uneven));
    assert.equal(verdict.judgement, "inconclusive");
    assert.match(verdict.reasons[0] ?? "", /labels are missing more often for one variant/);
  });

  test("labels that are no fair sample take nothing back either", () => {
    const bad = { n: 3_000, worse: 600, better: 60 };
    const verdict = (missing: { readonly primary: number; readonly candidate: number }) =>
      judge(plan, shadowStep, afterLabels(plan, pairsOf({ ...bad, missing }))).judgement;
    assert.equal(verdict({ primary: 0, candidate: 0 }), "fail");
    assert.equal(verdict({ primary: 900, candidate: 900 }), "inconclusive");
    assert.equal(verdict({ primary: 20, candidate: 400 }), "inconclusive");
  });

  test("a floor of F1 passes above it and fails below it", () => {
    const floor = labelledPlan([f1]);
    const at = (value: number) => ({ n: 2_000, k: Math.round(2_000 * lossAt("f1", value)) });
    const seen = (value: number) =>
      judge(
        floor,
        shadowStep,
        afterLabels(floor, pairsOf({ n: 5_000, worse: 1, better: 1, f1: at(value) })),
      );
    assert.equal(seen(0.86).judgement, "pass");
    assert.equal(seen(0.74).judgement, "fail");
    assert.match(
      seen(0.74).reasons[0] ?? "",
      /^performance: f1 0\.74 over 2,000 .*less than 0\.8$/,
    );
  });

  test("the loss at a metric's value is the inverse of its value at a loss", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...LABEL_METRICS),
        fc.double({ min: 0.001, max: 0.999, noNaN: true }),
        (metric, value) => Math.abs(metricAt(metric, lossAt(metric, value)) - value) < 1e-12,
      ),
    );
  });

  test("labels counted between two batches of requests are neither lost nor doubled", () => {
    const both = labelledPlan([disagreement, accuracy]);
    const labels = pairsOf({ n: 100, worse: 3, better: 2 });
    const requests = evidenceOf(both, [batchOf({ pairs: { n: 50, k: 1 } })]);
    const merged = mergeEvidence(requests, afterLabels(both, labels, labels));
    const book = openBook(both, requests, 0);
    observeLabels(book, labels);
    observeLabels(book, labels);
    assert.deepEqual(book.evidence.guardrails, merged.guardrails);
  });
});

describe("two clocks", () => {
  const logE = (bad: number) => ({ bad: Math.log(bad), good: 0 });

  test("guardrails on labels spend their share of alpha by themselves", () => {
    const share = (bad: { readonly requests: number; readonly labels: number }) =>
      Math.exp(
        logAgainst([
          { guardrail: disagreement, logE: logE(bad.requests) },
          { guardrail: { ...accuracy, weight: 3 }, logE: logE(bad.labels) },
        ]),
      );
    assert.ok(Math.abs(share({ requests: 40, labels: 1 }) - 10) < 1e-9);
    assert.ok(Math.abs(share({ requests: 1, labels: 40 }) - 30) < 1e-9);
    assert.ok(Math.abs(share({ requests: 40, labels: 40 }) - 30) < 1e-9);
  });

  test("at a difference of exactly the tolerance at most a share alpha of rollouts fails, looked at after every label", () => {
    const plan = labelledPlan([accuracy]);
    const runs = 300;
    const random = seeded(7);
    let failures = 0;
    for (let run = 0; run < runs; run += 1) {
      const book = openBook(plan, emptyEvidence(plan), 0);
      let isFailed = false;
      for (let look = 0; look < 60 && !isFailed; look += 1) {
        let [worse, better] = [0, 0];
        for (let pair = 0; pair < 25; pair += 1) {
          const draw = random.next();
          worse += Number(draw < 0.06);
          better += Number(draw >= 0.06 && draw < 0.1);
        }
        observeLabels(book, pairsOf({ n: 25, worse, better }));
        isFailed = judge(plan, shadowStep, book.evidence).judgement === "fail";
      }
      failures += Number(isFailed);
    }
    // 0.05 of 300 are 15; more than 25 are seen with a chance of 0.4 % at a true rate of 0.05.
    assert.ok(failures <= 25, `${failures} of ${runs}`);
  });
});
