import assert from "node:assert/strict";
import { test } from "node:test";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import { predictionReader } from "../../sidecar/decode/predictions.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { answerOf } from "../support/answers.ts";
import { shortPlan } from "../support/plans.ts";
import { DESCRIPTORS, framed, SCORE_PATH, scoreAnswer } from "../support/scorer.ts";

const parsed = parsePlan(`${shortPlan}  compare:
    prediction: { label: $.risk, score: $.score }
    grpc: { descriptorSet: ${DESCRIPTORS.toString("base64")} }
  labels: { horizon: 1m }
`);
assert(parsed.kind === "plan");
const { plan } = parsed;
const predictionsOf = predictionReader(plan, compileRules(plan.compare));

function predicted(answer: Answer): readonly unknown[] {
  const observation = {
    rollout: "a",
    requestId: "id-1",
    subject: undefined,
    startMs: 1,
    path: SCORE_PATH,
    generation: 1,
    served: "primary",
    overridden: false,
    answer,
    shadow: undefined,
    request: {
      body: framed(Buffer.alloc(0)),
      contentType: "application/grpc",
      contentEncoding: "",
      bodyBytes: 5,
      truncated: false,
    },
  } as const;
  const seen = { comparison: undefined, request: undefined };
  return predictionsOf(observation, seen).map(({ label, score }) => [label, score]);
}

const call = (body: Uint8Array, grpcStatus: number): Answer =>
  answerOf(body, { contentType: "application/grpc", grpcStatus });

test("what a captured call was answered is its prediction, by the plan's descriptors", () => {
  const answer = framed(scoreAnswer({ risk: "RISK_HIGH", score: 0.75 }));
  assert.deepEqual(predicted(call(answer, 0)), [["RISK_HIGH", 0.75]]);
});

test("a captured call that failed predicts nothing", () => {
  assert.deepEqual(predicted(call(Buffer.alloc(0), 14)), []);
});
