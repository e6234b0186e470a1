import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { YAML_DEPTH_MAX } from "../../sidecar/plan/yamlTokens.ts";
import { shortPlan } from "../support/plans.ts";

function problemsOf(text: string): readonly string[] {
  const parsed = parsePlan(text);
  return parsed.kind === "plan" ? [] : parsed.problems.map(formatProblem);
}

const bomb = `a: &a [x,x,x,x,x,x,x,x]
b: &b [*a,*a,*a,*a,*a,*a,*a,*a]
c: &c [*b,*b,*b,*b,*b,*b,*b,*b]
`;

const refused = [
  {
    name: "48: an alias bomb",
    text: `${bomb}${shortPlan}`,
    expected: /^b\[0\]: \*a: a value, not an alias \(2:8\)$/m,
  },
  {
    name: "an anchor",
    text: shortPlan.replace("primary: v1", "primary: &v v1"),
    expected: /^spec.primary: v1: a value without an anchor \(5:15\)$/m,
  },
  {
    name: "an alias without an anchor",
    text: shortPlan.replace("primary: v1", "primary: *v"),
    expected: /valid YAML|not an alias/,
  },
  {
    name: "49: a merge key",
    text: shortPlan.replace("metadata: {", "metadata: { <<: { name: b },"),
    expected: /^metadata.<<: <<: known here: name \(3:13\)$/m,
  },
  {
    name: "49: a tag",
    text: shortPlan.replace("primary: v1", "primary: !!js/function 'v1'"),
    expected: /^spec.primary: 'v1': a value without a tag/m,
  },
  {
    name: "a tag of YAML's own",
    text: shortPlan.replace("primary: v1", "primary: !!binary djE="),
    expected: /^spec.primary: djE=: a value without a tag/m,
  },
  {
    name: "49: a key twice",
    text: shortPlan.replace("primary: v1", "primary: v1\n  primary: v3"),
    expected: /^spec.primary: primary: each key once \(6:3\)$/m,
  },
  {
    name: "__proto__ as a key",
    text: shortPlan.replace("primary: v1", "primary: v1\n  __proto__: { steps: [] }"),
    expected: /^spec.__proto__: __proto__: known here: /m,
  },
  {
    name: "constructor as a key",
    text: `${shortPlan}constructor: 1\n`,
    expected: /^constructor: constructor: known here: apiVersion, kind, metadata, spec/m,
  },
  {
    name: "a second document",
    text: `${shortPlan}---\n${shortPlan}`,
    expected: /^plan: ---: one document \(11:1\)$/,
  },
  {
    name: "a directive",
    text: `%YAML 1.1\n---\n${shortPlan}`,
    expected: /^plan: %YAML 1.1: no directive \(1:1\)$/,
  },
  {
    name: "a mapping as a key",
    text: `? { a: 1 }\n: 2\n${shortPlan}`,
    expected: /^plan: \{ a: 1 \}: a plain text as key \(1:3\)$/,
  },
  {
    name: "broken YAML",
    text: shortPlan.replace("v1\n", "'v1\n"),
    expected: /^plan: .*: valid YAML \(/,
  },
  {
    name: "a tab as indentation",
    text: shortPlan.replace("  primary", "\tprimary"),
    expected: /valid YAML \(Tabs are not allowed/,
  },
  { name: "nothing", text: "", expected: /^plan: nothing: a mapping of / },
  { name: "a text", text: "hello", expected: /^plan: hello: a mapping of / },
  { name: "a list", text: "[1]", expected: /^plan: a list: a mapping of / },
  { name: "null", text: "spec: null", expected: /^spec: null: a mapping of primary/m },
];

for (const { name, text, expected } of refused) {
  test(`${name} is refused`, () => {
    assert.match(problemsOf(text).join("\n"), expected);
  });
}

test("as many levels as the limit are read, and one more is refused", () => {
  const nested = (levels: number): string => "[".repeat(levels) + "]".repeat(levels);
  assert.match(problemsOf(nested(YAML_DEPTH_MAX)).join(), /^plan: a list: a mapping of /);
  assert.match(problemsOf(nested(YAML_DEPTH_MAX + 1)).join(), /at most 16 levels/);
});

// Without the limit on depth and keys the first of these kept the composer of `yaml` busy for eight minutes.
const heavy = [
  "? ",
  "- ",
  "[",
  "{a: ",
  ": ",
  "&a ",
  "*a ",
  "'",
  '"',
  "!x ",
  "k: {",
  "---\n",
  "#\n",
  "k:\n",
];

for (const piece of heavy) {
  test(`64 KiB of ${JSON.stringify(piece)} is refused`, () => {
    const text = piece.repeat(Math.floor(65_536 / piece.length));
    assert.notEqual(problemsOf(text).length, 0);
  });
}

test("six thousand keys are refused", () => {
  const keys = Array.from({ length: 6000 }, (_, index) => `k${index}:`);
  assert.notEqual(problemsOf(keys.join("\n")).length, 0);
});
