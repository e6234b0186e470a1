import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { canonicalJson, type ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { parseReference, REFERENCE_TEXT_MAX } from "../../sidecar/plan/reference.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { shortPlan } from "../support/plans.ts";

type Mutable = { [key: string]: unknown };

const rows = Array.from({ length: 200 }, (_, row) => row);
const good: ReferenceProfile = await profileOfColumns({
  age: rows,
  ward: rows.map((row) => `ward ${row % 5}`),
});
const together: Mutable = Object(good.multivariate);
const [age, ward]: readonly Mutable[] = Object(good.features);

/** A text as of understudy profile, its hash as it should be, whatever it says. */
function signed(given: Mutable): string {
  const profile = JSON.parse(JSON.stringify(given));
  profile.hash = createHash("sha256").update(canonicalJson(profile)).digest("hex");
  return zipped(JSON.stringify(profile));
}

function zipped(text: string): string {
  return gzipSync(text, { level: 9 }).toString("base64");
}

function withAge(change: Mutable): string {
  return signed({ ...good, features: [{ ...age, ...change }, ward] });
}

function withWard(change: Mutable): string {
  return signed({ ...good, features: [age, { ...ward, ...change }] });
}

function withTogether(change: Mutable): string {
  return signed({ ...good, multivariate: { ...together, ...change } });
}

function many(count: number, feature: (name: string) => Mutable): Mutable[] {
  return Array.from({ length: count }, (_, index) => feature(`f${index}`));
}

test("a profile is read in base64 of its text or of its gzip", () => {
  for (const text of [signed({ ...good }), Buffer.from(JSON.stringify(good)).toString("base64")]) {
    const parsed = parseReference(text);
    assert.deepEqual(parsed, { kind: "reference", reference: good });
  }
});

const wide = (item: string): string =>
  zipped(`{"features":[${`${item},`.repeat(300_000)}${item}]}`);

for (const [name, text] of Object.entries({
  "nothing at all": "",
  "no base64": "?!",
  "no JSON": zipped("profile"),
  "half a gzip": signed({ ...good }).slice(0, 1_000),
  "a list": zipped("[]"),
  null: zipped("null"),
  "a bomb of blanks": zipped(" ".repeat(40_000_000)),
  "a bomb of objects": wide("{}"),
  "a bomb of lists": wide("[]"),
  "a bomb of brackets": zipped("[".repeat(1_000_000)),
  "a bomb beside what is read": signed({ ...good, more: Array(250_000).fill(1) }),
  "another format": signed({ ...good, format: "understudy.dev/profile/v2" }),
  "no features": signed({ ...good, features: [] }),
  "too many features": signed({ ...good, features: many(201, (name) => ({ ...ward, name })) }),
  "two features of one name": signed({ ...good, features: [age, { ...ward, name: "age" }] }),
  "a feature without a name": withAge({ name: "" }),
  "a feature of no type": withAge({ type: "date" }),
  "edges that descend": withAge({ edges: [2, 1], counts: [1, 1, 1], deciles: [] }),
  "an edge that is none": withAge({ edges: [null], counts: [1, 1], deciles: [] }),
  "an edge as text": withAge({ edges: ["1"], counts: [1, 1], deciles: [] }),
  "an edge of NaN": zipped(JSON.stringify(good).replace(/"edges":\[[^,]*/, '"edges":[NaN')),
  "an edge beyond numbers": zipped(
    JSON.stringify(good).replace(/"edges":\[[^,]*/, '"edges":[-1e999'),
  ),
  "more edges than bins": withAge({ edges: rows, counts: [1], deciles: [] }),
  "a decile that is no edge": withAge({ deciles: [0.123] }),
  "less than nothing counted": withAge({ n: -1 }),
  "a category twice": withWard({ categories: Array(2).fill({ value: "a", count: 1 }) }),
  "too many categories": withWard({ categories: many(101, (value) => ({ value, count: 1 })) }),
  "texts only": signed({ ...good, features: [{ ...age, text: "note" }], multivariate: undefined }),
  "the whole as a text": signed({ ...good, multivariate: "x" }),
  "more dimensions than features have": withTogether({
    kernel: { ...Object(together.kernel), dimensions: 4_096 },
  }),
  "dimensions without end": withTogether({
    kernel: { ...Object(together.kernel), dimensions: 1e9 },
  }),
  "no bandwidth": withTogether({ kernel: { ...Object(together.kernel), bandwidth: 0 } }),
  "sums of another length": withTogether({ sums: { n: 100, sum: [1], squares: 1 } }),
  "a spread of less than nothing": withTogether({
    spread: { traces: [1, -1, 1], squaresVariance: 1 },
  }),
  "too large a sample": withTogether({ sample: Array(2_001).fill([1, 1]) }),
  "too small a sample": withTogether({ sample: Array(49).fill([1, 1]) }),
  "rows of another length": withTogether({ sample: Array(100).fill([1]) }),
  "codes of no bin": withTogether({ sample: Array(100).fill([1, 6]) }),
  "codes that are no numbers": withTogether({ sample: Array(100).fill([1, 0.5]) }),
})) {
  test(`a reference is refused that has ${name}`, () => {
    assert.ok(text.length <= REFERENCE_TEXT_MAX, "it is not its length that it is refused for");
    const parsed = parseReference(text);
    assert.equal(parsed.kind, "problem");
  });
}

test("a reference is refused whose text is too long, or whose hash is that of another one", () => {
  const long = parseReference("A".repeat(REFERENCE_TEXT_MAX + 1));
  assert.match(long.kind === "problem" ? long.allowed : "", /\(60001 were given\)$/);
  const other = parseReference(zipped(JSON.stringify({ ...good, rows: 1 })));
  assert.match(
    other.kind === "problem" ? other.allowed : "",
    /its hash is not that of what it says/,
  );
});

function problemsOf(drift: string): readonly string[] {
  const parsed = parsePlan(`${shortPlan}  drift: ${drift}\n`);
  return parsed.kind === "plan" ? [] : parsed.problems.map(formatProblem);
}

test("a name that the reference lacks is refused with those that it has", () => {
  const [problem] = problemsOf(
    `{ reference: ${signed({ ...good })}, features: { wards: $.ward } }`,
  );
  assert.match(
    problem ?? "",
    /^spec\.drift\.features\.wards: \$\.ward: a feature of the reference: age, ward \(/,
  );
});

for (const path of [
  "ward",
  "$[",
  "$..*..*..*",
  "$..[*]..ward",
  "$[*,*,*,*][*,*,*,*]",
  "$['a','b']",
  '$[?search(@.a, "(a+)+$")]',
  '$[?match(@.a, "a")]',
  "$[?@..*]",
  "$..[?@ == $]",
  "$[?count($..*) > 1]",
  "$[?@[?@.a]]",
]) {
  test(`the path ${path.slice(0, 30)} is refused, as it is none or costs more the larger a request is`, () => {
    const [problem] = problemsOf(
      JSON.stringify({ reference: signed({ ...good }), features: { ward: path } }),
    );
    assert.match(
      problem ?? "",
      /^spec\.drift\.features\.ward: .*: a JSONPath \(RFC 9535\) of at most/,
    );
    const [own] = problemsOf(JSON.stringify({ reference: withWard({ path }) }));
    assert.match(own ?? "", /^spec\.drift\.reference: ".* in which the path of ward is a JSONPath/);
  });
}

test("a path that is too long is refused, also in the reference", () => {
  const path = `$${".a".repeat(600)}`;
  const drift = { reference: signed({ ...good }), features: { ward: path } };
  assert.match(problemsOf(JSON.stringify(drift))[0] ?? "", /: a JSONPath \(RFC 9535\) of at most/);
  assert.equal(parseReference(withWard({ path })).kind, "problem");
});

test("paths with names, indexes, slices, wildcards, one descent and plain filters are taken", () => {
  for (const path of [
    "$.a['b c'][0][-1]",
    "$.inputs[?@.name == 'age' && @.data[0] > 1].data[*]",
    "$..ward",
    "$.a[1:5:2][*].b",
    "$.a[?!@.b || length(@.c) > 2]",
  ]) {
    const drift = { reference: signed({ ...good }), features: { ward: path } };
    assert.deepEqual(problemsOf(JSON.stringify(drift)), []);
  }
});

test("a path of the reference's own that costs too much can be replaced in the plan", () => {
  const reference = withWard({ path: "$..*..*" });
  assert.deepEqual(problemsOf(JSON.stringify({ reference, features: { ward: "$.ward" } })), []);
});
