import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
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
/** The JSON document and then the bytes, as the binary tensor extension has it. */
function binary(outputs: readonly Tensor[], ...parts: readonly Uint8Array[]): Answer {
  const head = Buffer.from(JSON.stringify({ model_name: "risk", outputs }));
  return answerOf(Buffer.concat([head, ...parts]), {
    contentType: "application/octet-stream",
    inferenceHeaderBytes: head.length,
  });
}

function binaryTensor(tensor: Omit<Tensor, "data">, bytes: Uint8Array): Tensor {
  return { ...tensor, parameters: { binary_data_size: bytes.length } };
}

function found(primary: Answer, candidate: Answer): readonly string[] {
  const comparison = compare(primary, candidate, compileRules(rulesOf()));
  return [
    comparison.method,
    ...comparison.differences.map(({ kind, path }) => `${kind} ${path}`),
    ...comparison.undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ];
}

const floats = Buffer.from(new Float32Array([0.25, 0.75]).buffer);

test("binary tensors are the same as those in JSON", () => {
  const primary = binary([binaryTensor(scores, floats), label].map(withoutData), floats);
  const candidate = answerOf(JSON.stringify({ model_name: "risk", outputs: [scores, label] }));
  assert.deepEqual(found(primary, candidate), ["tensors", "value contentType"]);
});

/** `scores` goes as bytes, `label` stays in the JSON. */
function withoutData(tensor: Tensor): Tensor {
  const { data, ...rest } = tensor;
  return tensor.parameters === undefined ? { ...rest, data } : rest;
}

const words = Buffer.from([2, 0, 0, 0, 0x68, 0x69, 0, 0, 0, 0]);
const elements: readonly {
  readonly datatype: string;
  readonly bytes: Uint8Array;
  readonly data: readonly unknown[];
}[] = [
  { datatype: "BOOL", bytes: Uint8Array.of(0, 1), data: [false, true] },
  { datatype: "UINT8", bytes: Uint8Array.of(255), data: [255] },
  { datatype: "INT8", bytes: Uint8Array.of(255), data: [-1] },
  { datatype: "UINT16", bytes: Uint8Array.of(1, 2), data: [513] },
  { datatype: "INT16", bytes: Uint8Array.of(254, 255), data: [-2] },
  { datatype: "UINT32", bytes: Uint8Array.of(1, 0, 0, 128), data: [2_147_483_649] },
  { datatype: "INT32", bytes: Uint8Array.of(255, 255, 255, 255), data: [-1] },
  { datatype: "UINT64", bytes: Buffer.alloc(8, 255), data: ["18446744073709551615"] },
  { datatype: "INT64", bytes: Buffer.alloc(8, 255), data: [-1] },
  { datatype: "FP16", bytes: Uint8Array.of(0, 0x3c, 0, 0xc5, 1, 0), data: [1, -5, 2 ** -24] },
  { datatype: "BF16", bytes: Uint8Array.of(0x80, 0x3f, 0x20, 0xc0), data: [1, -2.5] },
  { datatype: "FP32", bytes: floats, data: [0.25, 0.75] },
  { datatype: "FP64", bytes: Buffer.from(new Float64Array([0.1]).buffer), data: [0.1] },
  { datatype: "BYTES", bytes: words, data: ["hi", ""] },
];
for (const { datatype, bytes, data } of elements) {
  test(`bytes of ${datatype} are read as its elements`, () => {
    const head = { name: "x", datatype, shape: [data.length] };
    const json = JSON.stringify({ model_name: "risk", outputs: [{ ...head, data }] });
    const primary = binary([binaryTensor(head, bytes)], bytes);
    const candidate = answerOf(json.replace('"18446744073709551615"', "18446744073709551615"));
    assert.deepEqual(found(primary, candidate), ["tensors", "value contentType"]);
  });
}

test("a binary NaN is equal to itself, and is no number", () => {
  const given = (value: number): Answer => {
    const bytes = Buffer.from(new Float32Array([value]).buffer);
    return binary([binaryTensor({ name: "x", datatype: "FP32", shape: [1] }, bytes)], bytes);
  };
  assert.deepEqual(found(given(Number.NaN), given(Number.NaN)), ["tensors"]);
  assert.deepEqual(found(given(1), given(Number.NaN)), [
    "tensors",
    "type $['outputs']['x']['data'][0]",
  ]);
});

const oneTensor = binaryTensor({ name: "x", datatype: "FP32", shape: [2] }, floats);
const sound = binary([oneTensor], floats);
const broken: readonly { readonly name: string; readonly answer: Answer }[] = [
  { name: "too few bytes", answer: binary([oneTensor], floats.subarray(1)) },
  { name: "bytes left over", answer: binary([oneTensor], floats, floats) },
  {
    name: "JSON beyond the end",
    answer: { ...binary([oneTensor], floats, floats), inferenceHeaderBytes: 100_000 },
  },
  {
    name: "a size that is none",
    answer: binary([{ ...oneTensor, parameters: { binary_data_size: -8 } }], floats),
  },
  {
    name: "half an element",
    answer: binary([binaryTensor(oneTensor, floats.subarray(1))], floats.subarray(1)),
  },
  {
    name: "a text longer than its bytes",
    answer: binary([{ ...oneTensor, datatype: "BYTES" }], floats),
  },
  { name: "bytes without tensors", answer: binary([], floats) },
];
for (const { name, answer } of broken) {
  test(`binary tensors with ${name} are undecodable`, () => {
    assert.deepEqual(found(sound, answer), ["undecodable", "value body", "candidate tensorBytes"]);
  });
}

test("binary tensors have as many elements as a document may have tokens, and no more", () => {
  const ofLength = (length: number): Answer => {
    const bytes = Buffer.alloc(length);
    return binary([binaryTensor({ name: "x", datatype: "INT8", shape: [length] }, bytes)], bytes);
  };
  const { tokensMax } = compileRules(rulesOf()).limits;
  assert.deepEqual(found(ofLength(tokensMax), ofLength(tokensMax)), ["tensors"]);
  const over = ofLength(tokensMax + 1);
  assert.deepEqual(found(sound, over).at(-1), "candidate tooManyTokens");
});

test("comparing never throws, whatever the tensors and bytes", () => {
  const value = fc.oneof(fc.jsonValue({ maxDepth: 2 }), fc.constantFrom("FP32", "BYTES", 0, 8));
  const tensor = fc.record(
    {
      name: fc.constantFrom("a", "b", 1),
      datatype: fc.constantFrom("FP32", "BYTES", "INT64", "other"),
      shape: fc.oneof(fc.array(fc.nat(3)), value),
      data: value,
      parameters: fc.oneof(fc.record({ binary_data_size: fc.nat(9) }), value),
    },
    { requiredKeys: ["name"] },
  );
  const answer = fc
    .tuple(fc.array(tensor, { maxLength: 3 }), fc.uint8Array({ maxLength: 20 }), fc.integer())
    .map(([outputs, bytes, shift]): Answer => {
      const head = Buffer.from(JSON.stringify({ outputs }));
      const inferenceHeaderBytes = Math.max(0, head.length + (shift % 3));
      return answerOf(Buffer.concat([head, bytes]), { inferenceHeaderBytes });
    });
  const rules = compileRules(
    rulesOf({ prediction: { label: undefined, top1: "$.outputs.a", score: undefined } }),
  );
  fc.assert(
    fc.property(answer, answer, (primary, candidate) => {
      const comparison = compare(primary, candidate, rules);
      assert.equal(comparison.equal, comparison.differencesCount === 0);
    }),
  );
});
