import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { thresholdsAt } from "../../sidecar/core/drift/assess.ts";
import type { Request } from "../../sidecar/core/observation.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { openWatch, watchRequest, watchStateOf } from "../../sidecar/core/watch/watch.ts";
import { examinersCounting } from "../../sidecar/loop/examiner.ts";
import { createMetrics } from "../../sidecar/metrics.ts";
import { answerOf, rulesOf } from "../support/answers.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { observationWith, planWith } from "../support/evidence.ts";

const numbers = Array.from({ length: 100 }, (_, index) => index);
const plan: Plan = {
  ...planWith([]),
  compare: rulesOf({ prediction: { label: "$.label", top1: undefined, score: undefined } }),
  labels: {
    horizonMs: 1_000,
    missing: "exclude",
    coverage: 0.8,
    positive: "1",
    id: "$.id",
    slice: "$.ward",
  },
  drift: {
    reference: await profileOfColumns({ age: numbers, ward: numbers.map((n) => `w${n % 3}`) }),
    features: [
      { name: "age", path: "$.age" },
      { name: "ward", path: "$.ward" },
    ],
    windowRows: 50,
    windowMs: 1_000,
    falseAlarmEveryMs: 1_000_000,
    thresholds: thresholdsAt(0.1),
    streams: { adwin: true, pageHinkley: false },
  },
};
const examine = examinersCounting({
  metrics: createMetrics(),
  steadyMs: () => 0,
  random: () => 0,
})(plan);

function captured(body: string | Buffer, part: Partial<Request> = {}) {
  const bytes = Buffer.from(body);
  const request = {
    contentType: "application/json",
    contentEncoding: "",
    body: bytes,
    bodyBytes: bytes.length,
    truncated: false,
    ...part,
  };
  return examine(observationWith({ request, answer: answerOf('{"label":1}') }));
}

const json = JSON.stringify;

test("id, slice and features are taken from the request's body", () => {
  const { predictions, row } = captured(json({ id: "a", age: 30, ward: "w1" }));
  assert.deepEqual(
    predictions.map(({ id, slice, label }) => [id, slice, label]),
    [["a", "w1", 1]],
  );
  assert.deepEqual(row, [30, "w1"]);
});

test("ids are told apart by every digit, and are texts however they were written", () => {
  const ids = ["12345678901234567890", "12345678901234567891", "7", "true", '"7"', "-1.5"].map(
    (id) => captured(`{"id":${id}}`).predictions[0]?.id,
  );
  assert.deepEqual(ids, ["12345678901234567890", "12345678901234567891", "7", "true", "7", "-1.5"]);
});

test("a request without an id that is one value is no case", () => {
  for (const id of ["null", '""', "[1]", '{"a":1}']) {
    assert.deepEqual(captured(`{"id":${id},"age":1}`).predictions, []);
  }
});

const deep = `${'{"age":'.repeat(5_000)}1${"}".repeat(5_000)}`;

for (const [name, body, part] of [
  ["no JSON", "age=30", {}],
  ["half a document", '{"age":30', {}],
  ["a key twice", '{"age":30,"age":31}', {}],
  ["NaN as JavaScript writes it", '{"age":NaN}', {}],
  ["a number beyond numbers", '{"age":1e400}', {}],
  ["nested deeply", deep, {}],
  ["a million brackets", "[".repeat(60_000), {}],
  ["no UTF-8", Buffer.from('{"age":30,"ward":"\xff"}', "latin1"), {}],
  ["nothing", "", {}],
  ["a bomb", gzipSync(Buffer.alloc(40_000_000, " ")), { contentEncoding: "gzip" }],
  ["another encoding than it says", '{"age":30}', { contentEncoding: "gzip" }],
  ["only its beginning", '{"age":30}', { truncated: true }],
  ["a picture", '{"age":30}', { contentType: "image/png" }],
] as const) {
  test(`a captured body that is ${name} has no features, which counts as missing ones`, () => {
    const { predictions, row } = captured(body, part);
    assert.deepEqual(predictions, []);
    assert.deepEqual(row, [undefined, undefined]);
  });
}

test("values of every kind are counted, those that are odd as such, and none ends the watch", () => {
  const watch = openWatch(plan, undefined, 0);
  const values = [
    30,
    "30",
    true,
    "NaN",
    "inf",
    "x".repeat(300_000),
    null,
    [30],
    { age: 30 },
    -1e308,
  ];
  for (const age of values) {
    const { row } = captured(json({ age, ward: age }));
    watchRequest(watch, row ?? []);
  }
  watchRequest(watch, captured('{"age":12345678901234567890}').row ?? []);
  const counts = watchStateOf(watch).drift?.counts;
  const [age, ward] = counts?.features ?? [];
  assert.equal(counts?.rows, values.length + 1);
  assert.deepEqual([age?.n, age?.missing], [6, 5]);
  assert.deepEqual(age?.problems, {
    numberAsText: 2,
    booleanAsNumber: 1,
    infinite: 1,
    wrongType: 3,
  });
  assert.deepEqual([ward?.n, ward?.missing], [7, 4]);
  assert.deepEqual(ward?.problems, { tooLong: 1, wrongType: 2 });
  assert.ok(json(watchStateOf(watch)).length < 100_000);
});
