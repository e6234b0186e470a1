import assert from "node:assert/strict";
import { test } from "node:test";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer, Observation } from "../../sidecar/core/observation.ts";
import { comparePair } from "../../sidecar/decode/comparePair.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

const rules = compileRules(
  rulesOf({ prediction: { label: "$.y", top1: undefined, score: "$.p" }, ignore: ["$.id"] }),
);

function observationOf(answer: Answer, shadow: Answer | undefined): Observation {
  return {
    rollout: "risk",
    requestId: "",
    subject: undefined,
    startMs: 0,
    path: "/",
    generation: 1,
    served: "primary",
    overridden: false,
    answer,
    shadow,
  };
}

const gzipped = (text: string): Answer => answerOf(gzipSync(text), { contentEncoding: "gzip" });

test("an observation without a shadow is no pair", () => {
  assert.equal(comparePair(observationOf(answerOf("1"), undefined), rules), undefined);
});

test("answers are compared as they were before their encodings", () => {
  const brotli = answerOf(brotliCompressSync('{"p":0.5,"y":1,"id":2}'), { contentEncoding: "br" });
  const comparison = comparePair(observationOf(gzipped('{"id":1,"y":1,"p":0.25}'), brotli), rules);
  assert.deepEqual(comparison, {
    method: "json",
    undecodable: [],
    equal: false,
    differences: [{ path: "$['p']", kind: "value" }],
    contents: [{ primary: 0.25, candidate: 0.5, disclosure: "default" }],
    differencesCount: 1,
    prediction: { flipped: false, scoreDifference: 0.25 },
  });
});

test("where the candidate served, its answer is the candidate's", () => {
  const observation = observationOf(answerOf('{"y":1,"p":0.75}'), answerOf('{"y":1,"p":0.25}'));
  const comparison = comparePair({ ...observation, served: "candidate" }, rules);
  assert.equal(comparison?.prediction?.scoreDifference, 0.5);
});

test("28: a compressed bomb makes the pair undecodable, named with the variant that sent it", () => {
  const bomb = answerOf(gzipSync(Buffer.alloc(64 * 2 ** 20)), { contentEncoding: "gzip" });
  const comparison = comparePair(observationOf(answerOf('{"y":1}'), bomb), rules);
  assert.equal(comparison?.method, "undecodable");
  assert.deepEqual(comparison?.undecodable, [{ variant: "candidate", reason: "encodingBomb" }]);
  assert.equal(comparison?.prediction?.flipped, true);
});

test("45: JSON that only says it is gzip is compared as the bytes that came", () => {
  const liar = answerOf('{"y":1}', { contentEncoding: "gzip" });
  const comparison = comparePair(observationOf(liar, liar), rules);
  assert.equal(comparison?.equal, true);
  assert.deepEqual(
    comparison?.undecodable.map(({ reason }) => reason),
    ["encodingBroken", "encodingBroken"],
  );
});

test("a truncated compressed body is not decoded", () => {
  const whole = gzipped('{"y":1}');
  const cut = { ...whole, body: whole.body.subarray(0, 10), truncated: true };
  const comparison = comparePair(observationOf(whole, cut), rules);
  assert.deepEqual([comparison?.method, comparison?.prediction], ["truncated", undefined]);
});
