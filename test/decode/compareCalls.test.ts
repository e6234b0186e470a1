import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { Answer } from "../../sidecar/core/observation.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { comparePair } from "../../sidecar/decode/comparePair.ts";
import { answerOf, rulesOf } from "../support/answers.ts";
import { framed, SCORE_PATH, schemaOf, scoreAnswer, WATCH_PATH } from "../support/scorer.ts";

/** An answer to a call whose body is this. */
function call(body: Uint8Array, changes: Partial<Answer> = {}): Answer {
  return answerOf(body, { contentType: "application/grpc", grpcStatus: 0, ...changes });
}

/** An answer to a call whose message says this. */
function scored(fields: Readonly<Record<string, unknown>>, changes: Partial<Answer> = {}): Answer {
  return call(framed(scoreAnswer(fields)), changes);
}

const described = { grpc: schemaOf() };

function compared(
  [primary, candidate]: readonly [Answer, Answer],
  rules: Partial<CompareRules> = described,
  path = SCORE_PATH,
): Comparison {
  const comparison = comparePair(
    {
      rollout: "r",
      requestId: "",
      subject: undefined,
      startMs: 1,
      path,
      generation: 1,
      served: "primary",
      overridden: false,
      answer: primary,
      shadow: candidate,
    },
    compileRules(rulesOf(rules)),
  );
  assert(comparison !== undefined);
  return comparison;
}

/** What a comparison says, in one line. */
function summary(
  answers: readonly [Answer, Answer],
  rules?: Partial<CompareRules>,
  path?: string,
): string {
  const { method, differences, undecodable } = compared(answers, rules, path);
  return [
    method,
    ...differences.map(({ path: at, kind }) => `${at} ${kind}`),
    ...undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ].join(", ");
}

test("messages are compared field by field, by the names in the .proto file", () => {
  const reasons = [{ name: "age", share: 0.5 }];
  const one = scored({ risk: "RISK_LOW", score: 0.25, model_version: "v1", reasons });
  const other = scored({ risk: "RISK_LOW", score: 0.75, model_version: "v1", reasons });
  assert.equal(summary([one, one]), "protobuf");
  assert.equal(summary([one, other]), "protobuf, $['score'] value");
  assert.equal(
    summary([one, scored({ risk: "RISK_LOW", score: 0.25 })]),
    ["protobuf", "$['model_version'] value", "$['reasons'][0] missing"].join(", "),
  );
});

test("rules are for the fields of a message as for those of JSON", () => {
  const one = scored({ score: 0.25, model_version: "v1", logits: [1, 2], features: { a: 1 } });
  const other = scored({ score: 0.26, model_version: "v2", logits: [2, 1], features: { a: 2 } });
  const rules: Partial<CompareRules> = {
    ...described,
    ignore: ["$.model_version", "$.features.*"],
    tolerances: [{ path: "$.score", absolute: 0.02, relative: 0 }],
    unordered: ["$.logits"],
  };
  assert.equal(summary([one, other], rules), "protobuf");
});

test("a prediction is found in a message, and is there when it is the default", () => {
  const prediction = { label: "$.risk", top1: undefined, score: "$.score" };
  const rules = { ...described, prediction };
  const low = scored({ risk: "RISK_UNSPECIFIED", score: 0 });
  const high = scored({ risk: "RISK_HIGH", score: 0.5 });
  assert.deepEqual(compared([low, high], rules).prediction, {
    flipped: true,
    scoreDifference: 0.5,
  });
  assert.deepEqual(compared([low, low], rules).prediction, { flipped: false, scoreDifference: 0 });
});

test("the order of fields and of a map's entries, and defaults that are written, mean nothing", () => {
  const one = call(framed(Buffer.from([0x1a, 1, 0x61, 0x78, 1])));
  const other = call(framed(Buffer.from([0x78, 1, 0x08, 0, 0x1a, 1, 0x61])));
  assert.equal(summary([one, other]), "protobuf");
});

test("fields that the descriptor does not know are compared by their number", () => {
  const known = Buffer.from([0x78, 1]);
  const more = Buffer.concat([known, Buffer.from([0xa0, 0x06, 1])]);
  const both = [call(framed(known)), call(framed(more))] as const;
  assert.equal(summary(both), "protobuf, $['100'] extra");
  assert.equal(summary(both, { ...described, ignore: ["$['100']"] }), "protobuf");
});

test("without a descriptor messages are bytes, whatever compresses them", () => {
  const bytes = scoreAnswer({ score: 0.25 });
  const plain = call(framed(bytes));
  const packed = call(framed(gzipSync(bytes), 1), { grpcEncoding: "gzip" });
  assert.equal(summary([plain, packed], {}), "bytes");
  assert.equal(summary([plain, scored({ score: 0.5 })], {}), "bytes, body value");
  assert.equal(summary([plain, packed]), "protobuf");
});

test("a message in JSON is compared as that", () => {
  const json = (text: string): Answer =>
    call(framed(Buffer.from(text)), { contentType: "application/grpc+json" });
  assert.equal(summary([json('{"a":1,"b":2}'), json('{"b":3,"a":1}')]), "json, $['b'] value");
});

test("the status of a call is compared, and calls that failed need no message", () => {
  const failed = call(Buffer.alloc(0), { grpcStatus: 13 });
  const one = scored({ score: 0.25 });
  assert.equal(summary([failed, failed]), "bytes");
  assert.equal(summary([one, failed]), "bytes, grpcStatus value, body missing");
});

test("an answer that is no gRPC at all is compared as what it is", () => {
  const html = answerOf("<p>down</p>", { status: 502, contentType: "text/html" });
  assert.equal(
    summary([scored({}), html]),
    "bytes, status value, grpcStatus missing, contentType value, body value",
  );
});

const message = scoreAnswer({ score: 0.25 });
const frame = framed(message);
const good = call(frame);
const broken: { readonly name: string; readonly answer: Answer; readonly reason: string }[] = [
  { name: "no message", answer: call(Buffer.alloc(0)), reason: "grpcMessages" },
  { name: "two messages", answer: call(Buffer.concat([frame, frame])), reason: "grpcMessages" },
  {
    name: "one byte too much",
    answer: call(Buffer.concat([frame, Buffer.of(0)])),
    reason: "grpcMessages",
  },
  { name: "one byte too few", answer: call(frame.subarray(0, -1)), reason: "grpcFrame" },
  { name: "half a head", answer: call(frame.subarray(0, 4)), reason: "grpcFrame" },
  { name: "an unknown flag", answer: call(framed(message, 2)), reason: "grpcFrame" },
  { name: "compression by nothing", answer: call(framed(message, 1)), reason: "grpcFrame" },
  {
    name: "compression by identity",
    answer: call(framed(message, 1), { grpcEncoding: "identity" }),
    reason: "grpcFrame",
  },
  {
    name: "an unknown compression",
    answer: call(framed(message, 1), { grpcEncoding: "snappy" }),
    reason: "encodingUnknown",
  },
  {
    name: "a broken compression",
    answer: call(framed(message, 1), { grpcEncoding: "gzip" }),
    reason: "encodingBroken",
  },
  {
    name: "a bomb",
    answer: call(framed(gzipSync(Buffer.alloc(2 ** 21)), 1), { grpcEncoding: "gzip" }),
    reason: "encodingBomb",
  },
  {
    name: "another message than its method answers",
    answer: call(framed(Buffer.from([0x6a, 2, 0x12, 5]))),
    reason: "protobuf",
  },
  {
    name: "a text that is no UTF-8",
    answer: call(framed(Buffer.from([0x1a, 1, 0xff]))),
    reason: "invalidUtf8",
  },
  {
    name: "too many values",
    answer: scored({ logits: Array(60_000).fill(1) }),
    reason: "tooManyTokens",
  },
];

for (const { name, answer, reason } of broken) {
  test(`an answer with ${name} is undecodable, by the variant that sent it`, () => {
    assert.deepEqual(compared([good, answer]).undecodable, [{ variant: "candidate", reason }]);
    assert.deepEqual(compared([answer, good]).undecodable, [{ variant: "primary", reason }]);
    assert.equal(compared([good, answer]).equal, false);
    const both = compared([answer, answer]);
    assert.deepEqual([both.method, both.equal, both.undecodable.length], ["undecodable", true, 2]);
  });
}

test("a method that the descriptors do not have, or that streams, is undecodable", () => {
  for (const path of ["/test.v1.Scorer/Other", "/", "", WATCH_PATH]) {
    assert.equal(
      summary([good, good], described, path),
      "undecodable, primary grpcMethod, candidate grpcMethod",
    );
  }
});

test("of a message that was cut nothing is said", () => {
  const cut = call(frame.subarray(0, 7), { truncated: true, bodyBytes: frame.length });
  assert.equal(summary([good, cut]), "truncated");
  assert.equal(summary([cut, call(frame, { grpcStatus: 5 })]), "truncated, grpcStatus value");
});
