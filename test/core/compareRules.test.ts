import assert from "node:assert/strict";
import { test } from "node:test";
import { compare } from "../../sidecar/core/compare/compare.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import { compileRules } from "../../sidecar/core/compare/rules.ts";
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
    name: "an ignored name does not count",
    primary: '{"id":1,"a":1}',
    candidate: '{"a":1}',
    rules: { ignore: ["$.id"] },
    expected: [],
  },
  {
    name: "what is below an ignored path does not count",
    primary: '{"meta":{"a":[1]}}',
    candidate: '{"meta":{"a":[2,3],"b":1}}',
    rules: { ignore: ["$.meta"] },
    expected: [],
  },
  {
    name: "an ignored name counts elsewhere",
    primary: '{"a":{"id":1}}',
    candidate: '{"a":{"id":2}}',
    rules: { ignore: ["$.id"] },
    expected: ["value $['a']['id']"],
  },
  {
    name: ".. ignores a name at every depth",
    primary: '{"id":1,"a":[{"id":1}]}',
    candidate: '{"id":2,"a":[{"id":3}]}',
    rules: { ignore: ["$..id"] },
    expected: [],
  },
  {
    name: ".. may come twice in a path, among names that repeat",
    primary: '{"a":{"a":{"b":1},"b":1},"b":1}',
    candidate: '{"a":{"a":{"b":2},"b":3},"b":4}',
    rules: { ignore: ["$..a..b", "$..*..*..c"] },
    expected: ["value $['b']"],
  },
  {
    name: "a wildcard ignores in each element",
    primary: '[{"t":1,"v":1},{"t":2,"v":2}]',
    candidate: '[{"t":9,"v":1},{"t":8,"v":3}]',
    rules: { ignore: ["$[*].t"] },
    expected: ["value $[1]['v']"],
  },
  {
    name: "an index is ignored alone",
    primary: "[1,2]",
    candidate: "[3,4]",
    rules: { ignore: ["$[0]"] },
    expected: ["value $[1]"],
  },
  {
    name: "everything can be ignored",
    primary: "[1]",
    candidate: "{}",
    rules: { ignore: ["$"] },
    expected: [],
  },
  {
    name: "an absolute tolerance holds to its end",
    primary: "[1.5,1.5]",
    candidate: "[2.0,2.25]",
    rules: { tolerances: [{ path: "$[*]", absolute: 0.5, relative: 0 }] },
    expected: ["value $[1]"],
  },
  {
    name: "a relative tolerance is of the larger magnitude",
    primary: "[100,-100]",
    candidate: "[125,-126]",
    rules: { tolerances: [{ path: "$[*]", absolute: 0, relative: 0.2 }] },
    expected: ["value $[1]"],
  },
  {
    name: "a tolerance is for its own path only",
    primary: '{"a":1,"b":[1]}',
    candidate: '{"a":2,"b":[2]}',
    rules: { tolerances: [{ path: "$.a", absolute: 1, relative: 0 }] },
    expected: ["value $['b'][0]"],
  },
  {
    name: "the widest of several tolerances counts",
    primary: "[1]",
    candidate: "[2]",
    rules: {
      tolerances: [
        { path: "$[0]", absolute: 1, relative: 0 },
        { path: "$..*", absolute: 0.1, relative: 0 },
      ],
    },
    expected: [],
  },
  {
    name: "a tolerance does not make texts equal",
    primary: '["1"]',
    candidate: '["2"]',
    rules: { tolerances: [{ path: "$..*", absolute: 9, relative: 1 }] },
    expected: ["value $[0]"],
  },
  {
    name: "a tolerance holds for whole numbers beyond 2^53",
    primary: "[9007199254740993,9007199254740993]",
    candidate: "[9007199254740995,9007199254740996]",
    rules: { tolerances: [{ path: "$[*]", absolute: 2, relative: 0 }] },
    expected: ["value $[1]"],
  },
  {
    name: "order means nothing in an unordered array",
    primary: '{"t":[1,"b",{"x":1,"y":[1,2]}]}',
    candidate: '{"t":[{"y":[1,2],"x":1},1.0,"b"]}',
    rules: { unordered: ["$.t"] },
    expected: [],
  },
  {
    name: "how often means something in an unordered array",
    primary: "[1,1,2]",
    candidate: "[2,1,2]",
    rules: { unordered: ["$"] },
    expected: ["missing $[1]", "extra $[2]"],
  },
  {
    name: "numbers and texts differ in an unordered array",
    primary: '[1,"2"]',
    candidate: '["1",2]',
    rules: { unordered: ["$"] },
    expected: ["missing $[0]", "missing $[1]", "extra $[0]", "extra $[1]"],
  },
  {
    name: "ignored names do not count in an unordered array",
    primary: '[{"id":1,"a":1},{"id":2,"a":2}]',
    candidate: '[{"id":8,"a":2},{"a":1}]',
    rules: { unordered: ["$"], ignore: ["$[*].id"] },
    expected: [],
  },
  {
    name: "an unordered array in an unordered array has no order",
    primary: '[{"t":[1,2]},{"t":[3]}]',
    candidate: '[{"t":[3]},{"t":[2,1]}]',
    rules: { unordered: ["$", "$..t"] },
    expected: [],
  },
  {
    name: "an array elsewhere keeps its order",
    primary: '{"a":[1,2],"b":[1,2]}',
    candidate: '{"a":[2,1],"b":[2,1]}',
    rules: { unordered: ["$.a"] },
    expected: ["value $['b'][0]", "value $['b'][1]"],
  },
  {
    name: "unordered elements are matched under tolerances as well as can be",
    primary: "[1.0,1.1,5]",
    candidate: "[1.15,1.05,5]",
    rules: { unordered: ["$"], tolerances: [{ path: "$[*]", absolute: 0.0625, relative: 0 }] },
    expected: [],
  },
  {
    name: "unordered elements beyond tolerance are missing and extra",
    primary: '[{"v":1},{"v":2}]',
    candidate: '[{"v":2.1},{"v":7}]',
    rules: { unordered: ["$"], tolerances: [{ path: "$[*].v", absolute: 0.5, relative: 0 }] },
    expected: ["missing $[0]", "extra $[1]"],
  },
  {
    name: "an unordered path on an object changes nothing",
    primary: '{"a":1}',
    candidate: '{"a":2}',
    rules: { unordered: ["$"] },
    expected: ["value $['a']"],
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
