import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../sidecar/core/compare/compare.ts";
import { automatonOf, compileRules } from "../../sidecar/core/compare/rules.ts";
import { matchPairwise, matchTexts } from "../../sidecar/core/compare/unordered.ts";
import { MATCH_LENGTH_MAX } from "../../sidecar/core/compare/walk.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

const numbers = (length: number): readonly number[] =>
  Array.from({ length }, (_, index) => index + 1);

test("paths that combine to too many cases are found out before they are built", () => {
  const wild = Array.from({ length: 20 }, (_, index) => `$..a${".*".repeat(index + 8)}.b`);
  assert.deepEqual(automatonOf(rulesOf({ ignore: wild })), { kind: "tooComplex" });
  assert.throws(() => compileRules(rulesOf({ ignore: wild })), /too complex/);
});

test("as many plain paths as a plan may have are taken", () => {
  const paths = numbers(64).map((index) => `$.outputs[*].field${index}.a.b.c[${index}]`);
  const rules = rulesOf({
    ignore: paths,
    unordered: paths.map((path) => `${path}.x`),
    tolerances: paths.map((path) => ({ path: `${path}.y`, absolute: 1, relative: 0 })),
  });
  assert.equal(automatonOf(rules).kind, "automaton");
});

test("an unordered array is matched under tolerances up to the limit, and exactly beyond it", () => {
  const rules = compileRules(
    rulesOf({ unordered: ["$"], tolerances: [{ path: "$[*]", absolute: 0.25, relative: 0 }] }),
  );
  const differences = [MATCH_LENGTH_MAX, MATCH_LENGTH_MAX + 1].map((length) => {
    const primary = JSON.stringify(numbers(length));
    const candidate = JSON.stringify(numbers(length).map((value) => value + 0.25));
    return compare(answerOf(primary), answerOf(candidate), rules).differencesCount;
  });
  assert.deepEqual(differences, [0, 2 * (MATCH_LENGTH_MAX + 1)]);
});

test("matching nested unordered arrays under tolerances is bounded: what is unmatched by then differs", () => {
  const rules = compileRules(
    rulesOf({
      unordered: ["$..*", "$"],
      tolerances: [{ path: "$..*", absolute: 0.1, relative: 0 }],
    }),
  );
  const nested = (levels: number, leaf: number): unknown =>
    levels === 0 ? leaf : Array.from({ length: 12 }, () => nested(levels - 1, leaf));
  const primary = answerOf(JSON.stringify(nested(4, 1)));
  const candidate = answerOf(JSON.stringify(nested(4, 2)));
  assert.equal(compare(primary, candidate, rules).equal, false);
  const same = answerOf(JSON.stringify(nested(4, 1), undefined, 1));
  assert.equal(compare(primary, same, rules).differencesCount > 0, true);
});

test("matching by text pairs the first with the first", () => {
  assert.deepEqual(matchTexts(["a", "b", "a", "a"], ["a", "c", "a", "b", "b"]), {
    missing: [3],
    extra: [1, 4],
  });
});

test("pairwise matching finds a perfect matching wherever there is one", () => {
  // Element i is the same as i and i + 1, so taking the first that fits would block the last.
  const same = (primary: number, candidate: number): boolean =>
    candidate === (primary + 1) % 9 || candidate === primary + 2;
  const pairing = { primaryLength: 9, candidateLength: 9, same };
  assert.deepEqual(matchPairwise(pairing), { missing: [], extra: [] });
});
