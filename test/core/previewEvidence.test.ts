import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Evidence,
  emptyEvidence,
  mergeEvidence,
} from "../../sidecar/core/evidence/evidence.ts";
import {
  announceTraffic,
  closeWindows,
  type EvidenceBook,
  observe,
  openBook,
} from "../../sidecar/core/evidence/ingest.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Guardrail, Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import {
  answerWith,
  disagreement,
  errorRate,
  observationWith,
  planWith,
} from "../support/evidence.ts";

const tests: Guardrail & { kind: "tests" } = {
  kind: "tests",
  name: "tests",
  tolerance: 0.1,
  weight: 1,
  dryRun: false,
};
const preview: Step = {
  kind: "preview",
  shadowBp: 0,
  minimum: { pairs: 0, requests: 0, timeMs: 0 },
};
const switched: Step = { kind: "switch", keepForMs: 1_000, shadowBp: 0 };
const plan: Plan = { ...planWith([tests, errorRate, disagreement]), steps: [preview, switched] };
const traffic = { generation: 1, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
const begin = 1_000_000;

/** A book in a preview that saw test requests, so many of them failing. */
function seen(n: number, failures: number, served: Step | undefined = preview): EvidenceBook {
  const book = openBook(plan, emptyEvidence(plan), begin);
  announceTraffic(book, traffic, served);
  for (let index = 0; index < n; index += 1) {
    const answer = answerWith(index < failures ? { status: 503 } : {});
    observe(book, testRequest({ answer }), undefined);
  }
  closeWindows(book, begin + 60_000);
  return book;
}

const testRequest = (part: Partial<Parameters<typeof observationWith>[0]>) =>
  observationWith({ startMs: begin, served: "candidate", overridden: true, ...part });

const judged = (evidence: Evidence, step: Step = preview) => judge(plan, step, evidence);

test("test requests to the candidate of a preview count for the guardrail on tests alone", () => {
  const { evidence, excluded } = seen(50, 1);
  assert.equal(evidence.tests, 50);
  assert.deepEqual(evidence.guardrails.tests, { kind: "tests", tests: { n: 50, k: 1 } });
  assert.deepEqual([evidence.pairs, evidence.requests], [0, { primary: 0, candidate: 0 }]);
  assert.equal(excluded.overridden, 0);
});

test("test requests outside of a preview, of another traffic or to the primary are no evidence", () => {
  const outside = seen(5, 5, switched);
  assert.deepEqual([outside.evidence.tests, outside.excluded.overridden], [0, 5]);
  const book = seen(0, 0);
  observe(book, testRequest({ generation: 2 }), undefined);
  observe(book, testRequest({ served: "primary" }), undefined);
  assert.equal(book.excluded.overridden, 2);
});

test("a preview passes by enough test requests that don't fail, and fails by many that do", () => {
  const cases = [
    { n: 0, failures: 0, expected: "inconclusive" },
    { n: 10, failures: 0, expected: "inconclusive" },
    { n: 60, failures: 0, expected: "pass" },
    { n: 60, failures: 30, expected: "fail" },
  ];
  assert.deepEqual(
    cases.map(({ n, failures }) => judged(seen(n, failures).evidence).judgement),
    cases.map(({ expected }) => expected),
  );
  const few = judged(seen(10, 1).evidence);
  assert.match(
    few.reasons[0] ?? "",
    /^tests: 1 of 10 test requests failed; about \d+ more test requests needed$/,
  );
  assert.equal(few.requestsNeeded, undefined);
});

test("a preview that nothing watches, a switch and a pause ask for no evidence, and fail by it all the same", () => {
  const pause: Step = { kind: "pause", approval: true };
  const unwatched = { ...planWith([errorRate]), steps: [preview, pause, switched] };
  const empty = emptyEvidence(unwatched);
  for (const step of [preview, pause, switched]) {
    const verdict = judge(unwatched, step, empty);
    assert.equal(verdict.judgement, "pass");
    assert.deepEqual(verdict.reasons, [
      `a ${step.kind} asks for no evidence, only that nothing fails`,
    ]);
  }
  const { evidence } = seen(60, 60);
  assert.deepEqual(
    [preview, switched, pause].map((step) => judged(evidence, step).judgement),
    ["fail", "fail", "fail"],
  );
});

test("the last step that is no pause asks for all guardrails but a switch", () => {
  const canary: Step = { kind: "canary", candidateBp: 500, shadowBp: 0, minimum: preview.minimum };
  const pause: Step = { kind: "pause", approval: true };
  const last = { ...planWith([errorRate, disagreement]), steps: [canary, pause] };
  const verdict = judge(last, canary, emptyEvidence(last));
  assert.equal(verdict.judgement, "inconclusive");
  assert.deepEqual(verdict.reasons.map((reason) => reason.split(":")[0]).toSorted(), [
    "disagreement",
    "errorRate",
  ]);
});

test("test requests of two sources add up", () => {
  const [one, other] = [seen(20, 1).evidence, seen(30, 2).evidence];
  const both = mergeEvidence(one, other);
  assert.equal(both.tests, 50);
  assert.deepEqual(both.guardrails.tests, { kind: "tests", tests: { n: 50, k: 3 } });
});

test("a plan without a preview stores evidence as it was stored before there were previews", () => {
  assert.equal("tests" in emptyEvidence(planWith([errorRate])), false);
});
