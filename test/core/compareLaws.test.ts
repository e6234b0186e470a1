import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { canonicalText } from "../../sidecar/core/compare/canonical.ts";
import { compare } from "../../sidecar/core/compare/compare.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

// Few names and values, so that two documents are alike and differ in some places.
const leaf = fc.oneof(
  fc.constantFrom(null, true, false, "a", "1", ""),
  fc.integer({ max: 3, min: -1 }),
);
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("document"), { maxLength: 5 }),
    fc.dictionary(fc.constantFrom("a", "b", "__proto__", "toString", "0"), tie("document"), {
      maxKeys: 4,
    }),
  ),
}));
const numbers = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { maxLength: 8 });
const width = fc.double({ min: 0, max: 2, noNaN: true });

function compareValues(
  primary: unknown,
  candidate: unknown,
  rules: Partial<CompareRules> = {},
): Comparison {
  const compiled = compileRules(rulesOf(rules));
  return compare(answerOf(JSON.stringify(primary)), answerOf(JSON.stringify(candidate)), compiled);
}

const lines = (comparison: Comparison): readonly string[] =>
  comparison.differences.map(({ kind, path }) => `${kind} ${path}`).toSorted();

test("a document equals itself, however it is written", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const plain = answerOf(JSON.stringify(value));
      const spread = answerOf(JSON.stringify(value, undefined, 2));
      assert.deepEqual(lines(compare(plain, spread, compileRules(rulesOf()))), []);
    }),
  );
});

test("documents are equal when their canonical texts are, and only then", () => {
  fc.assert(
    fc.property(document, document, (primary, candidate) => {
      const textOf = (value: unknown): string =>
        canonicalText(JSON.parse(JSON.stringify(value)), undefined);
      assert.equal(compareValues(primary, candidate).equal, textOf(primary) === textOf(candidate));
    }),
  );
});

test("with the answers exchanged, missing and extra change places", () => {
  const opposite: Record<string, string> = { missing: "extra", extra: "missing" };
  fc.assert(
    fc.property(document, document, (left, right) => {
      const there = compareValues(left, right).differences;
      const back = compareValues(right, left).differences;
      const turned = back.map(({ kind, path }) => `${opposite[kind] ?? kind} ${path}`).toSorted();
      assert.deepEqual(there.map(({ kind, path }) => `${kind} ${path}`).toSorted(), turned);
    }),
  );
});

test("ignoring the path of a difference takes away that difference and no other", () => {
  fc.assert(
    fc.property(document, document, (primary, candidate) => {
      const before = compareValues(primary, candidate);
      for (const { kind, path } of before.differences) {
        const after = compareValues(primary, candidate, { ignore: [path] });
        assert.deepEqual(
          lines(after),
          lines(before).filter((line) => line !== `${kind} ${path}`),
        );
      }
    }),
  );
});

test("a wider tolerance never adds a difference, in ordered and in unordered arrays", () => {
  const given = fc.record({
    primary: numbers,
    candidate: numbers,
    unordered: fc.constantFrom<readonly string[]>([], ["$"]),
    absolute: width,
    relative: width,
    more: width,
  });
  fc.assert(
    fc.property(given, ({ primary, candidate, unordered, absolute, relative, more }) => {
      const [narrow = 0, wide = 0] = [0, more].map(
        (added) =>
          compareValues(primary, candidate, {
            unordered,
            tolerances: [{ path: "$[*]", absolute: absolute + added, relative: relative + added }],
          }).differencesCount,
      );
      assert.ok(wide <= narrow);
    }),
  );
});

test("any order of an unordered array is equal, with a tolerance and without", () => {
  const shuffled = fc
    .array(document, { maxLength: 12 })
    .chain((values) =>
      fc.tuple(fc.constant(values), fc.shuffledSubarray(values, { minLength: values.length })),
    );
  const tolerances = [{ path: "$..*", absolute: 0, relative: 0.001 }];
  fc.assert(
    fc.property(shuffled, fc.constantFrom([], tolerances), ([values, other], widths) => {
      const rules = { unordered: ["$"], tolerances: widths };
      assert.deepEqual(lines(compareValues(values, other, rules)), []);
    }),
  );
});

test("as many elements of an unordered array are missing as are extra, when it is as long", () => {
  const two = fc
    .nat(9)
    .chain((length) =>
      fc.tuple(...[0, 1].map(() => fc.array(leaf, { minLength: length, maxLength: length }))),
    );
  fc.assert(
    fc.property(two, ([left, right]) => {
      const found = lines(compareValues(left, right, { unordered: ["$"] }));
      const missing = found.filter((line) => line.startsWith("missing"));
      assert.equal(missing.length * 2, found.length);
    }),
  );
});

test("comparing never throws, whatever the bodies and content types", () => {
  const rules = compileRules(
    rulesOf({
      prediction: { label: "$.a", top1: undefined, score: "$[0]" },
      unordered: ["$..*"],
      ignore: ["$..b"],
    }),
  );
  const body = fc.oneof(
    fc.uint8Array(),
    document.map((value) => new TextEncoder().encode(JSON.stringify(value))),
  );
  const answer = fc
    .record({
      body,
      contentType: fc.constantFrom("", ";", "application/json", "text/plain", "\u0000/+json"),
      truncated: fc.boolean(),
    })
    .map(({ body: bytes, ...rest }) => answerOf(bytes, rest));
  fc.assert(
    fc.property(answer, answer, (primary, candidate) => {
      const comparison = compare(primary, candidate, rules);
      assert.equal(comparison.equal, comparison.differencesCount === 0);
    }),
  );
});
