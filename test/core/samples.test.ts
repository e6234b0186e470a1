import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../sidecar/core/compare/compare.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import {
  countPair,
  type DifferingPaths,
  noPaths,
  placesOf,
  REQUEST_ID_LENGTH_MAX,
} from "../../sidecar/core/evidence/paths.ts";
import type { SampleRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";
import { requestWith } from "../support/book.ts";
import { mostOf } from "../support/simulation.ts";

const MOST = 5;

function compared(
  primary: unknown,
  candidate: unknown,
  rules: Partial<SampleRules> = {},
): Comparison {
  const samples = { perPath: MOST, show: [], redact: [], ...rules };
  const [left, right] = [primary, candidate].map((body) => answerOf(JSON.stringify(body)));
  assert(left !== undefined && right !== undefined);
  return compare(left, right, compileRules(rulesOf({ samples })));
}

/** What people see of one pair, as "path: primary -> candidate". */
function seenOf(comparison: Comparison): readonly string[] {
  const paths = noPaths(MOST);
  countPair(paths, comparison, requestWith("a", 1));
  return placesOf(paths).flatMap(({ difference, samples }) =>
    samples.map(({ primary, candidate }) => `${difference.path}: ${primary} -> ${candidate}`),
  );
}

for (const { name, primary, candidate, rules, expected } of [
  {
    name: "texts and long numbers tell their length, other scalars all",
    primary: {
      name: "Ann Bell",
      score: 0.25,
      age: 41,
      phone: 5_550_123_456,
      well: true,
      none: null,
    },
    candidate: { name: "Eve", score: 0.5, age: 14, phone: -12_345_678, well: false, none: 1 },
    expected: [
      "$['name']: text of 8 -> text of 3",
      "$['score']: 0.25 -> 0.5",
      "$['age']: 41 -> 14",
      "$['phone']: number of 10 digits -> number of 8 digits",
      "$['well']: true -> false",
      "$['none']: null -> 1",
    ],
  },
  {
    name: "what holds others tells how many, and what is absent that it is",
    primary: { list: [1, 2, 3], gone: { a: "x", b: "y" }, was: "text" },
    candidate: { list: [1, 2], was: ["t"], come: [[]] },
    expected: [
      "$['gone']: object of 2 -> nothing",
      "$['was']: text of 4 -> list of 1",
      "$['come']: nothing -> list of 1",
      "$['list'][2]: 3 -> nothing",
    ],
  },
  {
    name: "what the plan shows is told, with all below it",
    primary: { label: "approve", why: { code: "A 1", at: 1_700_000_000 } },
    candidate: { label: "refuse", why: { code: "B\n2", at: 1_800_000_000 } },
    rules: { show: ["$.label", "$.why"] },
    expected: [
      `$['label']: "approve" -> "refuse"`,
      `$['why']['code']: "A 1" -> "B\\n2"`,
      "$['why']['at']: 1700000000 -> 1800000000",
    ],
  },
  {
    name: "what the plan redacts tells its type alone, though it is shown, with all below it",
    primary: { patient: { age: 41, name: "Ann", ill: true, tags: [] }, score: 1 },
    candidate: { patient: { age: 14, name: "Eve", ill: false, tags: {} }, score: 2 },
    rules: { show: ["$..*"], redact: ["$.patient"] },
    expected: [
      "$['score']: 1 -> 2",
      "$['patient']['age']: number -> number",
      "$['patient']['name']: text -> text",
      "$['patient']['ill']: boolean -> boolean",
      "$['patient']['tags']: list -> object",
    ],
  },
]) {
  test(`of differing answers, ${name}`, () => {
    assert.deepEqual(seenOf(compared(primary, candidate, rules)), expected);
  });
}

test("a tensor that is redacted by its index stays so where it is called by its name", () => {
  const answer = (value: number) => ({
    model_name: "m",
    outputs: [{ name: "secret", shape: [1], datatype: "FP32", data: [value] }],
  });
  assert.deepEqual(seenOf(compared(answer(1), answer(2), { redact: ["$.outputs[0]"] })), [
    "$['outputs']['secret']['data'][0]: number -> number",
  ]);
});

test("status and media type are told, of other bodies the length", () => {
  const rules = compileRules(rulesOf());
  const bytes = (body: string, contentType: string, status: number) =>
    answerOf(body, { contentType, status });
  assert.deepEqual(
    seenOf(compare(bytes("secret", "image/png", 200), bytes("secrets", "image/gif", 201), rules)),
    ["status: 200 -> 201", "contentType: image/png -> image/gif", "body: 6 bytes -> 7 bytes"],
  );
  assert.deepEqual(
    seenOf(compare(bytes("secret", "text/plain", 200), bytes("secrets", "text/plain", 200), rules)),
    ["body: text of 6 -> text of 7"],
  );
});

/** Each letter becomes another one, so that texts that differ still do. */
function disguised(value: unknown): unknown {
  if (typeof value === "string") {
    return value.replaceAll(/[a-z]/g, (letter) =>
      String.fromCharCode(((letter.charCodeAt(0) - 97 + 13) % 26) + 97),
    );
  }
  if (Array.isArray(value)) {
    return value.map(disguised);
  }
  return typeof value === "object" && value !== null
    ? Object.fromEntries(Object.entries(value).map(([name, each]) => [name, disguised(each)]))
    : value;
}

const document = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string({ unit: fc.constantFrom("a", "k", "z", "7", " "), maxLength: 12 }),
    fc.integer({ min: -2_000_000, max: 2_000_000 }),
    fc.boolean(),
    fc.constant(null),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "c"), tie("value"), { noNullPrototype: true }),
  ),
})).value;

test("what people see does not depend on what the texts of answers are, but on their lengths", () => {
  fc.assert(
    fc.property(document, document, (primary, candidate) => {
      assert.deepEqual(
        seenOf(compared(disguised(primary), disguised(candidate))),
        seenOf(compared(primary, candidate)),
      );
    }),
  );
});

test("where all is redacted, what people see depends on types alone", () => {
  const value = fc.oneof(
    fc.integer(),
    fc.string(),
    fc.boolean(),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(value, value, (a, b) => {
      const seen = seenOf(compared({ a }, { a: b }, { redact: ["$"] }));
      const allowed = ["text", "number", "boolean"].flatMap((from) =>
        ["text", "number", "boolean"].map((to) => `$['a']: ${from} -> ${to}`),
      );
      assert(seen.every((line) => allowed.includes(line)));
    }),
  );
});

function differingIn(pairs: number, perPath: number): DifferingPaths {
  const paths = noPaths(perPath);
  for (let pair = 0; pair < pairs; pair += 1) {
    countPair(paths, compared({ n: 1 }, { n: 2 }), requestWith(`request ${pair}`, pair));
  }
  return paths;
}

test("no more pairs are sampled for a place than asked for, and no text is longer than the bound", () => {
  for (const perPath of [0, 1, MOST]) {
    const [place] = placesOf(differingIn(50, perPath));
    assert.equal(place?.count, 50);
    assert.equal(place?.samples.length, perPath);
  }
  const paths = noPaths(MOST);
  const long = { a: "x\n".repeat(10_000) };
  const shown = compared(long, { a: "\ud83d\ude00".repeat(9_999) }, { show: ["$"] });
  countPair(paths, shown, requestWith("r".repeat(1_000), 0));
  const [sample] = placesOf(paths)[0]?.samples ?? [];
  assert.equal(sample?.requestId.length, REQUEST_ID_LENGTH_MAX);
  assert(sample.primary.length <= 64 && sample.candidate.length <= 64);
  assert(sample.primary.endsWith("…"));
  assert.equal(Buffer.from(sample.candidate).toString(), sample.candidate);
});

test("all that is kept for people stays far below a megabyte whatever answers hold", () => {
  const paths = noPaths(MOST);
  const answer = (pair: number, value: string) =>
    Object.fromEntries(
      Array.from({ length: 32 }, (_, at) => [`${"k".repeat(600)}${(pair * 7 + at) % 150}`, value]),
    );
  for (let pair = 0; pair < 200; pair += 1) {
    const comparison = compared(answer(pair, "a".repeat(999)), answer(pair, "b".repeat(999)), {
      show: ["$"],
    });
    countPair(paths, comparison, requestWith(`${pair}`.repeat(100), pair));
  }
  const bytes = Buffer.byteLength(JSON.stringify([...paths.kept]));
  assert(bytes < 300_000, `${bytes}`);
});

test("every pair that differs is as likely to be sampled, whenever it came", () => {
  const pairs = 400;
  const runs = 300;
  let early = 0;
  for (let run = 0; run < runs; run += 1) {
    const paths = noPaths(1);
    const comparison = compared({ n: 1 }, { n: 2 });
    for (let pair = 0; pair < pairs; pair += 1) {
      countPair(paths, comparison, requestWith(`${run}-${pair}`, pair));
    }
    const [place] = placesOf(paths);
    early += Number((place?.samples[0]?.startMs ?? pairs) < pairs / 2);
  }
  assert(early <= mostOf(runs, 0.5) && runs - early <= mostOf(runs, 0.5), `${early}`);
});

test("a request that is sampled at one place is at the others where it differs", () => {
  const paths = noPaths(2);
  const comparison = compared({ a: 1, b: 1 }, { a: 2, b: 2 });
  for (let startMs = 0; startMs < 100; startMs += 1) {
    countPair(paths, comparison, requestWith("", startMs));
  }
  const [first, second] = placesOf(paths);
  const times = (place = first) => place?.samples.map(({ startMs }) => startMs);
  assert.deepEqual(times(first), times(second));
});
