import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../sidecar/core/compare/compare.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
import { DIFFERENCES_MAX } from "../../sidecar/core/compare/walk.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";
import { answerOf, rulesOf } from "../support/answers.ts";

function compareTexts(
  primary: string,
  candidate: string,
  rules: Partial<CompareRules> = {},
): Comparison {
  return compare(answerOf(primary), answerOf(candidate), compileRules(rulesOf(rules)));
}

type Row = {
  readonly name: string;
  readonly primary: string;
  readonly candidate: string;
  readonly rules?: Partial<CompareRules>;
  readonly expected: readonly string[];
};

const rows: readonly Row[] = [
  {
    name: "the same text has no difference",
    primary: '{"a":1}',
    candidate: '{"a":1}',
    expected: [],
  },
  {
    name: "order of names and blanks mean nothing",
    primary: '{"a":1,"b":2}',
    candidate: '{ "b": 2, "a": 1.0 }',
    expected: [],
  },
  {
    name: "a value that differs has its path",
    primary: '{"a":[1,{"b":2}]}',
    candidate: '{"a":[1,{"b":3}]}',
    expected: ["value $['a'][1]['b']"],
  },
  {
    name: "a name only the primary has is missing",
    primary: '{"a":1}',
    candidate: "{}",
    expected: ["missing $['a']"],
  },
  {
    name: "a name only the candidate has is extra",
    primary: "{}",
    candidate: '{"a":null}',
    expected: ["extra $['a']"],
  },
  {
    name: "elements at the end are missing",
    primary: "[1,2,3]",
    candidate: "[1]",
    expected: ["missing $[1]", "missing $[2]"],
  },
  {
    name: "elements at the end are extra",
    primary: "[]",
    candidate: "[1]",
    expected: ["extra $[0]"],
  },
  {
    name: "types differ",
    primary: '[1,"1",null,[],{},true,0]',
    candidate: '["1",1,0,{},[],"true",null]',
    expected: [0, 1, 2, 3, 4, 5, 6].map((at) => `type $[${at}]`),
  },
  {
    name: "true and false differ in value",
    primary: "[true]",
    candidate: "[false]",
    expected: ["value $[0]"],
  },
  { name: "whole documents differ", primary: "[]", candidate: "{}", expected: ["type $"] },
  { name: "whole scalars differ", primary: "1", candidate: "2", expected: ["value $"] },
  { name: "null equals null", primary: "null", candidate: " null ", expected: [] },
  { name: "44: -0 equals 0", primary: "[-0,0.0]", candidate: "[0,-0]", expected: [] },
  {
    name: "whole numbers beyond 2^53 are compared digit by digit",
    primary: "[12345678901234567890]",
    candidate: "[12345678901234567891]",
    expected: ["value $[0]"],
  },
  {
    name: "a whole number beyond 2^53 equals the same in other digits",
    primary: "[100000000000000000000]",
    candidate: "[1e20]",
    expected: [],
  },
  {
    name: "44: equal lone surrogates are equal",
    primary: '["\\ud800"]',
    candidate: '[ "\\uD800"]',
    expected: [],
  },
  {
    name: "__proto__ is a name like any other",
    primary: '{"__proto__":1}',
    candidate: '{"x":1}',
    expected: ["missing $['__proto__']", "extra $['x']"],
  },
  {
    name: "__proto__ is compared",
    primary: '{"__proto__":{"a":1}}',
    candidate: '{"__proto__":{"a":2}}',
    expected: ["value $['__proto__']['a']"],
  },
  {
    name: "names of Object.prototype are not there unless written",
    primary: '{"constructor":1}',
    candidate: '{"toString":1}',
    expected: ["missing $['constructor']", "extra $['toString']"],
  },
  {
    name: "the shallowest differences come first",
    primary: '{"a":{"b":{"c":1}},"z":1}',
    candidate: '{"a":{"b":{"c":2}},"z":2}',
    expected: ["value $['z']", "value $['a']['b']['c']"],
  },
];

for (const { name, primary, candidate, rules, expected } of rows) {
  test(name, () => {
    const comparison = compareTexts(primary, candidate, rules);
    const found = comparison.differences.map(({ kind, path }) => `${kind} ${path}`);
    assert.deepEqual(found, expected);
    assert.equal(comparison.differencesCount, expected.length);
    assert.equal(comparison.equal, expected.length === 0);
    assert.equal(comparison.method, "json");
  });
}

test("47: differences over the limit are counted, not listed", () => {
  const zeros = JSON.stringify(Array.from({ length: 40_000 }, () => 0));
  const ones = zeros.replaceAll("0", "1");
  const comparison = compareTexts(zeros, ones);
  assert.equal(comparison.differencesCount, 40_000);
  assert.equal(comparison.differences.length, DIFFERENCES_MAX);
});
