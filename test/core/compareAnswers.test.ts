import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../sidecar/core/compare/compare.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import type { PredictionPaths } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

const none = compileRules(rulesOf());
const text = (body: string, changes: Partial<Answer> = {}): Answer =>
  answerOf(body, { contentType: "text/plain", ...changes });
const summary = ({ method, differences }: Comparison) => ({
  method,
  found: differences.map(({ kind, path }) => `${kind} ${path}`),
});

const pairs = [
  {
    name: "equal texts are equal",
    pair: [text("hello"), text("hello")],
    expected: { method: "text", found: [] },
  },
  {
    name: "texts that differ differ at the body",
    pair: [text("hello"), text("hallo")],
    expected: { method: "text", found: ["value body"] },
  },
  {
    name: "a body that only the primary sent is missing",
    pair: [text("hello"), text("")],
    expected: { method: "bytes", found: ["missing body"] },
  },
  {
    name: "a body that only the candidate sent is extra",
    pair: [answerOf("", { status: 204 }), answerOf("{}", { status: 204 })],
    expected: { method: "bytes", found: ["extra body"] },
  },
  {
    name: "two empty bodies are equal",
    pair: [answerOf(""), answerOf("")],
    expected: { method: "bytes", found: [] },
  },
  {
    name: "statuses are compared beside the bodies",
    pair: [answerOf('{"a":1}'), answerOf('{"a":2}', { status: 500 })],
    expected: { method: "json", found: ["value status", "value $['a']"] },
  },
  {
    name: "parameters and case of the content type mean nothing",
    pair: [answerOf("1"), answerOf(" 1", { contentType: "Application/JSON; charset=utf-8" })],
    expected: { method: "json", found: [] },
  },
  {
    name: "another media type is a difference, and JSON all the same",
    pair: [answerOf("1"), answerOf("1", { contentType: "application/problem+json" })],
    expected: { method: "json", found: ["value contentType"] },
  },
  {
    name: "a content type that the candidate lacks is missing, and an object is JSON without one",
    pair: [answerOf('{"a":1}'), answerOf('\ufeff \n{"a": 1}', { contentType: "" })],
    expected: { method: "json", found: ["missing contentType"] },
  },
  {
    name: "without a content type, what begins otherwise is compared as bytes",
    pair: [answerOf("1", { contentType: "" }), answerOf(" 1", { contentType: "" })],
    expected: { method: "bytes", found: ["value body"] },
  },
  {
    name: "JSON and HTML are compared as bytes",
    pair: [answerOf("{}"), answerOf("<html>", { contentType: "text/html" })],
    expected: { method: "bytes", found: ["value contentType", "value body"] },
  },
  {
    name: "truncated JSON says nothing beyond status and content type",
    pair: [answerOf('{"a":', { truncated: true, bodyBytes: 100 }), answerOf('{"b":1}')],
    expected: { method: "truncated", found: [] },
  },
  {
    name: "truncated texts of different lengths differ",
    pair: [
      text("abc", { truncated: true, bodyBytes: 100 }),
      text("abc", { truncated: true, bodyBytes: 101 }),
    ],
    expected: { method: "truncated", found: ["value body"] },
  },
  {
    name: "truncated texts differ when their captured bytes do",
    pair: [
      text("abc", { truncated: true, bodyBytes: 9 }),
      text("abX", { truncated: true, bodyBytes: 9 }),
    ],
    expected: { method: "truncated", found: ["value body"] },
  },
  {
    name: "truncated texts that agree as far as they go have no difference",
    pair: [text("abc", { truncated: true, bodyBytes: 9 }), text("abcdefghi")],
    expected: { method: "truncated", found: [] },
  },
  {
    name: "nothing is said of truncated compressed texts",
    pair: [
      text("abc", { truncated: true, bodyBytes: 9, contentEncoding: "gzip" }),
      text("xyz", { truncated: true, bodyBytes: 8, contentEncoding: "gzip" }),
    ],
    expected: { method: "truncated", found: [] },
  },
] as const;

for (const { name, pair, expected } of pairs) {
  test(name, () => {
    const comparison = compare(pair[0], pair[1], none);
    assert.deepEqual(summary(comparison), expected);
    assert.equal(comparison.equal, expected.found.length === 0);
    assert.deepEqual(comparison.undecodable, []);
    assert.equal(comparison.prediction, undefined);
  });
}

test("a body that is no JSON though it says so is named with its variant, and bytes are compared", () => {
  const comparison = compare(answerOf("{}"), answerOf("{"), none);
  assert.deepEqual(summary(comparison), { method: "undecodable", found: ["value body"] });
  assert.deepEqual(comparison.undecodable, [{ variant: "candidate", reason: "invalidJson" }]);
});

test("the same broken body from both is equal, and both are named", () => {
  const comparison = compare(answerOf("{"), answerOf("{"), none);
  assert.deepEqual(summary(comparison), { method: "undecodable", found: [] });
  assert.deepEqual(comparison.undecodable, [
    { variant: "primary", reason: "invalidJson" },
    { variant: "candidate", reason: "invalidJson" },
  ]);
});

test("an encoding that could not be undone is named with its variant", () => {
  const comparison = compare(answerOf("{}"), answerOf("\u001f\u008b"), none, {
    primary: undefined,
    candidate: { kind: "problem", reason: "encodingBomb" },
  });
  assert.deepEqual(comparison.undecodable, [{ variant: "candidate", reason: "encodingBomb" }]);
  assert.equal(comparison.equal, false);
});

const predictions: readonly {
  readonly name: string;
  readonly pair: readonly [Answer, Answer];
  readonly expected: Comparison["prediction"];
}[] = [
  {
    name: "equal predictions do not flip",
    pair: [answerOf('{"y":[1],"p":0.25}'), answerOf('{"y":[1],"p":0.25}')],
    expected: { flipped: false, scoreDifference: 0 },
  },
  {
    name: "another label is a flip, and the score's difference is candidate minus primary",
    pair: [answerOf('{"y":[1],"p":0.75}'), answerOf('{"y":[0],"p":0.25}')],
    expected: { flipped: true, scoreDifference: -0.5 },
  },
  {
    name: "a label that only one answer has is a flip",
    pair: [answerOf('{"y":[1],"p":0.75}'), answerOf('{"error":"no model"}')],
    expected: { flipped: true, scoreDifference: undefined },
  },
  {
    name: "no label in either answer says nothing of a flip",
    pair: [answerOf("{}"), answerOf('{"y":[]}')],
    expected: { flipped: undefined, scoreDifference: undefined },
  },
  {
    name: "a label null is a label",
    pair: [answerOf('{"y":[null]}'), answerOf('{"y":[]}')],
    expected: { flipped: true, scoreDifference: undefined },
  },
  {
    name: "an answer that is no JSON has no label",
    pair: [answerOf('{"y":[1]}'), text("oops", { status: 500 })],
    expected: { flipped: true, scoreDifference: undefined },
  },
  {
    name: "an answer that can't be read has no label",
    pair: [answerOf('{"y":[1]}'), answerOf('{"y":[1]')],
    expected: { flipped: true, scoreDifference: undefined },
  },
  {
    name: "equal answers without a number as score have no difference of scores",
    pair: [answerOf('{"y":[1],"p":"high"}'), answerOf('{"y":[1],"p":"high"}')],
    expected: { flipped: false, scoreDifference: undefined },
  },
  {
    name: "labels can be objects",
    pair: [answerOf('{"y":[{"a":1,"b":2}]}'), answerOf('{"y":[{"b":2,"a":1}]}')],
    expected: { flipped: false, scoreDifference: undefined },
  },
  {
    name: "labels of different types differ",
    pair: [answerOf('{"y":["1"]}'), answerOf('{"y":[1]}')],
    expected: { flipped: true, scoreDifference: undefined },
  },
  {
    name: "nothing is said of the prediction where an answer is truncated",
    pair: [answerOf('{"y":[1]}'), answerOf('{"y":[1]', { truncated: true, bodyBytes: 10 })],
    expected: undefined,
  },
];

const prediction: PredictionPaths = { label: "$.y[0]", top1: undefined, score: "$.p" };
for (const { name, pair, expected } of predictions) {
  test(name, () => {
    const comparison = compare(pair[0], pair[1], compileRules(rulesOf({ prediction })));
    assert.deepEqual(comparison.prediction, expected);
  });
}

test("without a path to the score there is no difference of scores", () => {
  const rules = compileRules(
    rulesOf({ prediction: { label: "$.y", top1: undefined, score: undefined } }),
  );
  const comparison = compare(answerOf('{"y":1}'), answerOf('{"y":2}'), rules);
  assert.deepEqual(comparison.prediction, { flipped: true, scoreDifference: undefined });
});

test("a label within its tolerance does not flip", () => {
  const tolerances = [{ path: "$.y[*]", absolute: 0.5, relative: 0 }];
  const rules = compileRules(rulesOf({ prediction, tolerances }));
  const flips = ['{"y":[1.5]}', '{"y":[1.75]}'].map(
    (candidate) => compare(answerOf('{"y":[1]}'), answerOf(candidate), rules).prediction?.flipped,
  );
  assert.deepEqual(flips, [false, true]);
});

test("a label that the answer's comparison ignores still flips", () => {
  const rules = compileRules(rulesOf({ prediction, ignore: ["$.y"] }));
  const comparison = compare(answerOf('{"y":[1]}'), answerOf('{"y":[2]}'), rules);
  assert.deepEqual([comparison.equal, comparison.prediction?.flipped], [true, true]);
});

test("rules that parsePlan refuses are a mistake of the program", () => {
  assert.throws(() => compileRules(rulesOf({ ignore: ["$["] })), /path \$\[: /);
  assert.throws(
    () =>
      compileRules(rulesOf({ prediction: { label: "$..y", top1: undefined, score: undefined } })),
    /a path to one value/,
  );
});
