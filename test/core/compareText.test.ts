import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import {
  editDistance,
  isSimilar,
  SIMILARITY_WORK_MAX,
} from "../../sidecar/core/compare/similarity.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

// Few letters, so that texts have much in common; long enough for several blocks of 32.
const few = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 100 });

/** The definition, cell by cell (Levenshtein, 1966). */
function plainDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (let i = 1; i <= from.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= to.length; j += 1) {
      const replaced = (row[j - 1] ?? 0) + Number(from[i - 1] !== to[j - 1]);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[to.length] ?? 0;
}

const isWithin = (a: string, b: string, similarity: number): boolean =>
  isSimilar({ a, b }, similarity, { left: SIMILARITY_WORK_MAX });

test("the edit distance is that of its definition", () => {
  fc.assert(
    fc.property(few, few, (a, b) => {
      assert.equal(editDistance(a, b), plainDistance(a, b));
    }),
    { numRuns: 500 },
  );
});

test("texts are similar when their distance is small enough for their length, and only then", () => {
  const threshold = fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100);
  fc.assert(
    fc.property(few, few, threshold, (a, b, similarity) => {
      const longest = Math.max(a.length, b.length, 1);
      const distanceMax = Math.floor((1 - similarity) * longest + 1e-9);
      assert.equal(isWithin(a, b, similarity), plainDistance(a, b) <= distanceMax);
    }),
  );
});

test("nine letters of ten are a similarity of 0.9", () => {
  assert.deepEqual(
    [isWithin("abcdefghij", "abcdefghiX", 0.9), isWithin("abcdefghij", "abcdefghXX", 0.9)],
    [true, false],
  );
});

test("the work is bounded: texts that are too long to be told differ, and never the other way round", () => {
  const long = "ab".repeat(20_000);
  const work = { left: SIMILARITY_WORK_MAX };
  assert.equal(isSimilar({ a: `x${long}y`, b: `y${long}x` }, 0.9, work), false);
  assert.equal(work.left, SIMILARITY_WORK_MAX);
  // Where only the middle differs, the rest costs nothing.
  assert.equal(isSimilar({ a: `${long}x${long}`, b: `${long}y${long}` }, 0.99, work), true);
});

const text = (body: string | Uint8Array, contentType = "text/plain"): ReturnType<typeof answerOf> =>
  answerOf(body, { contentType });

function found(
  pair: readonly [ReturnType<typeof answerOf>, ReturnType<typeof answerOf>],
  rules: Partial<CompareRules> = {},
): readonly string[] {
  const { method, differences, undecodable } = compare(
    pair[0],
    pair[1],
    compileRules(rulesOf(rules)),
  );
  return [
    method,
    ...differences.map(({ kind, path }) => `${kind} ${path}`),
    ...undecodable.map(({ variant, reason }) => `${variant} ${reason}`),
  ];
}

const similar = [{ path: "$", similarity: 0.9 }];
const cases: readonly {
  readonly name: string;
  readonly pair: Parameters<typeof found>[0];
  readonly rules?: Partial<CompareRules>;
  readonly expected: readonly string[];
}[] = [
  {
    name: "without a rule, one other letter makes texts differ",
    pair: [text("a warm summer day"), text("a warm summer dax")],
    expected: ["text", "value body"],
  },
  {
    name: "a similarity for $ is that of plain texts",
    pair: [text("a warm summer day"), text("a warm summer dax")],
    rules: { similar },
    expected: ["text"],
  },
  {
    name: "texts below the similarity differ",
    pair: [text("a warm summer day"), text("a cold winter day")],
    rules: { similar },
    expected: ["text", "value body"],
  },
  {
    name: "a similarity holds for texts inside JSON",
    pair: [answerOf('{"t":"0123456789"}'), answerOf('{"t":"012345678x"}')],
    rules: { similar: [{ path: "$.t", similarity: 0.9 }] },
    expected: ["json"],
  },
  {
    name: "an unordered list is matched by similarity",
    pair: [answerOf('["0123456789","abcdefghij"]'), answerOf('["abcdefghiX","012345678X"]')],
    rules: { unordered: ["$"], similar: [{ path: "$[*]", similarity: 0.9 }] },
    expected: ["json"],
  },
  {
    name: "text that is no UTF-8 is undecodable",
    pair: [text("a"), text(Uint8Array.of(0xff))],
    expected: ["undecodable", "value body", "candidate invalidUtf8"],
  },
  {
    name: "text of another charset is compared as bytes",
    pair: [
      text(Uint8Array.of(0xe4), "text/plain; charset=ISO-8859-1"),
      text(Uint8Array.of(0xe4), "text/plain; charset=ISO-8859-1"),
    ],
    expected: ["bytes"],
  },
  {
    name: "as bytes, nothing is read",
    pair: [answerOf('{"a":1}'), answerOf('{ "a":1}')],
    rules: { format: "bytes" },
    expected: ["bytes", "value body"],
  },
  {
    name: "as text, JSON is one text",
    pair: [answerOf('{"a":1}'), answerOf('{ "a":1}')],
    rules: { format: "text" },
    expected: ["text", "value body"],
  },
  {
    name: "as JSON, a body is read whatever its content type says",
    pair: [text('{"a":1}'), text('{ "a":1}')],
    rules: { format: "json" },
    expected: ["json"],
  },
  {
    name: "as JSON, a completion is a document like any other",
    pair: [
      answerOf('{"object":"chat.completion","choices":[],"id":"a"}'),
      answerOf('{"object":"chat.completion","choices":[],"id":"b"}'),
    ],
    rules: { format: "json" },
    expected: ["json", "value $['id']"],
  },
  {
    name: "as a completion, an error is compared as JSON",
    pair: [answerOf('{"error":1}'), answerOf('{"error":2}')],
    rules: { format: "openai" },
    expected: ["json", "value $['error']"],
  },
  {
    name: "as tensors, a body is read whatever its content type says",
    pair: [text('{"outputs":[]}'), text('{"outputs":[ ]}')],
    rules: { format: "openInference" },
    expected: ["json"],
  },
];
for (const { name, pair, rules, expected } of cases) {
  test(name, () => {
    assert.deepEqual(found(pair, rules), expected);
  });
}
