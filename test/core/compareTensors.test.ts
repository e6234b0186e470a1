import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

type Tensor = {
  readonly name: string;
  readonly datatype: string;
  readonly shape: readonly unknown[];
  readonly data?: unknown;
  readonly parameters?: object;
};

const label: Tensor = { name: "label", datatype: "INT64", shape: [1], data: [1] };
const scores: Tensor = { name: "scores", datatype: "FP32", shape: [1, 2], data: [0.25, 0.75] };
const inference = (...outputs: readonly Tensor[]): Answer =>
  answerOf(JSON.stringify({ model_name: "risk", outputs }));

function found(
  primary: Answer,
  candidate: Answer,
  rules: Partial<CompareRules> = {},
): readonly string[] {
  const comparison = compare(primary, candidate, compileRules(rulesOf(rules)));
  return [
    comparison.method,
    ...comparison.differences.map(({ kind, path }) => `${kind} ${path}`),
    ...comparison.undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ];
}

const half = { ...scores, data: [0.5, 0.5] };
const pairs: readonly {
  readonly name: string;
  readonly pair: readonly [Answer, Answer];
  readonly rules?: Partial<CompareRules>;
  readonly expected: readonly string[];
}[] = [
  {
    name: "tensors are compared by name, in whatever order they come",
    pair: [inference(label, scores), inference(scores, label)],
    expected: ["tensors"],
  },
  {
    name: "a difference in a tensor is at its name",
    pair: [inference(label, scores), inference(half, label)],
    expected: [
      "tensors",
      "value $['outputs']['scores']['data'][0]",
      "value $['outputs']['scores']['data'][1]",
    ],
  },
  {
    name: "a tensor that the candidate lacks is missing, one that only it has is extra",
    pair: [inference(label, scores), inference({ ...scores, name: "more" }, scores)],
    expected: ["tensors", "missing $['outputs']['label']", "extra $['outputs']['more']"],
  },
  {
    name: "data in nested rows are the same as flat ones",
    pair: [inference(scores), inference({ ...scores, data: [[0.25, 0.75]] })],
    expected: ["tensors"],
  },
  {
    name: "another shape with the same data differs",
    pair: [inference(scores), inference({ ...scores, shape: [2] })],
    expected: [
      "tensors",
      "value $['outputs']['scores']['shape'][0]",
      "missing $['outputs']['scores']['shape'][1]",
    ],
  },
  {
    name: "another datatype with the same data differs",
    pair: [inference(scores), inference({ ...scores, datatype: "FP64" })],
    expected: ["tensors", "value $['outputs']['scores']['datatype']"],
  },
  {
    name: "a tolerance for a tensor's name holds for that tensor only",
    pair: [
      inference(scores, { ...scores, name: "other" }),
      inference(half, { ...half, name: "other" }),
    ],
    rules: { tolerances: [{ path: "$.outputs.scores.data[*]", absolute: 0.25, relative: 0 }] },
    expected: [
      "tensors",
      "value $['outputs']['other']['data'][0]",
      "value $['outputs']['other']['data'][1]",
    ],
  },
  {
    name: "a tolerance for an index holds for the tensor there in the primary's order",
    pair: [inference(label, scores), inference(half, label)],
    rules: { tolerances: [{ path: "$.outputs[1].data[*]", absolute: 0.25, relative: 0 }] },
    expected: ["tensors"],
  },
  {
    name: "a path that a difference shows can be ignored as it is",
    pair: [inference(label, scores), inference(label, half)],
    rules: { ignore: ["$['outputs']['scores']['data']"] },
    expected: ["tensors"],
  },
  {
    name: "more data than the shape says are undecodable",
    pair: [inference(label), inference({ ...label, data: [1, 2] })],
    expected: ["undecodable", "value body", "candidate tensorShape"],
  },
  {
    name: "a shape that is none is undecodable, whoever sent it",
    pair: [inference({ ...label, shape: [-1] }), inference({ ...label, shape: ["1"] })],
    expected: ["undecodable", "value body", "primary tensorShape", "candidate tensorShape"],
  },
  {
    name: "an element of another type than its tensor's is undecodable",
    pair: [inference(label), inference({ ...label, data: ["1"] })],
    expected: ["undecodable", "value body", "candidate tensorData"],
  },
  {
    name: "a tensor without data is undecodable",
    pair: [inference(label), inference({ name: "label", datatype: "INT64", shape: [1] })],
    expected: ["undecodable", "value body", "candidate tensorData"],
  },
  {
    name: "null stands for a number that JSON can't write",
    pair: [inference({ ...label, data: [null] }), inference({ ...label, data: [null] })],
    expected: ["tensors"],
  },
  {
    name: "an error instead of tensors is compared as JSON",
    pair: [inference(label), answerOf('{"error":"no model"}')],
    expected: ["json", "missing $['model_name']", "missing $['outputs']", "extra $['error']"],
  },
  {
    name: "outputs with one name twice are JSON like any other",
    pair: [inference(label, label), inference(label, scores)],
    expected: [
      "json",
      "value $['outputs'][1]['name']",
      "value $['outputs'][1]['datatype']",
      "missing $['outputs'][1]['shape']",
    ].slice(0, 3),
  },
];

for (const { name, pair, rules, expected } of pairs) {
  test(name, () => {
    assert.deepEqual(found(pair[0], pair[1], rules).slice(0, expected.length), expected);
  });
}

const top1 = { prediction: { label: undefined, top1: "$.outputs.scores", score: undefined } };
const flips: readonly {
  readonly name: string;
  readonly data: unknown;
  readonly flipped: boolean;
}[] = [
  { name: "other scores with the same order do not flip", data: [0.1, 0.2], flipped: false },
  { name: "another place of the largest score is a flip", data: [0.9, 0.1], flipped: true },
  { name: "of equal scores the first counts", data: [0.5, 0.5], flipped: true },
];
for (const { name, data, flipped } of flips) {
  test(`top 1: ${name}`, () => {
    const candidate = inference({ ...scores, data });
    const { prediction } = compare(inference(scores), candidate, compileRules(rulesOf(top1)));
    assert.equal(prediction?.flipped, flipped);
  });
}

test("top 1: in a batch each row has its own largest score", () => {
  const rows = (data: readonly number[]): Answer => inference({ ...scores, shape: [2, 2], data });
  const flip = (data: readonly number[]): unknown =>
    compare(rows([1, 2, 4, 3]), rows(data), compileRules(rulesOf(top1))).prediction?.flipped;
  assert.deepEqual([flip([3, 5, 8, 1]), flip([3, 5, 1, 8])], [false, true]);
});

test("a label in a tensor is found by name, and by its index in the primary's order", () => {
  const flip = (path: string, candidate: Answer): boolean | undefined =>
    compare(
      inference(label, scores),
      candidate,
      compileRules(
        rulesOf({
          prediction: { label: path, top1: undefined, score: "$.outputs.scores.data[1]" },
        }),
      ),
    ).prediction?.flipped;
  const swapped = inference(scores, label);
  const other = inference(scores, { ...label, data: [0] });
  for (const path of ["$.outputs.label.data[0]", "$.outputs[0].data[0]"]) {
    assert.deepEqual([flip(path, swapped), flip(path, other)], [false, true]);
  }
});
