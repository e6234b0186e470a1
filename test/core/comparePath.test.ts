import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  isSingular,
  PATH_LENGTH_MAX,
  PATH_SEGMENTS_MAX,
  parsePath,
} from "../../sidecar/core/compare/path.ts";
import { PATH_TEXT_MAX, type Place, pathText } from "../../sidecar/core/compare/pathText.ts";

const name = (text: string, deep = false) => ({ kind: "name", name: text, deep }) as const;
const index = (at: number, deep = false) => ({ kind: "index", index: at, deep }) as const;
const any = (deep = false) => ({ kind: "any", deep }) as const;

const paths = [
  { given: "$", expected: [] },
  { given: "$.outputs[0].data", expected: [name("outputs"), index(0), name("data")] },
  { given: "$['a b'][\"c'd\"]", expected: [name("a b"), name("c'd")] },
  { given: "$.*[*]", expected: [any(), any()] },
  { given: "$..id", expected: [name("id", true)] },
  { given: "$..*", expected: [any(true)] },
  { given: "$..[*]..['x'][7]", expected: [any(true), name("x", true), index(7)] },
  { given: "$.naïve_1", expected: [name("naïve_1")] },
  { given: "$['\\'\\\\\\n\\u0041\\/']", expected: [name("'\\\nA/")] },
  { given: "$['']", expected: [name("")] },
  { given: "$.__proto__", expected: [name("__proto__")] },
];

for (const { given, expected } of paths) {
  test(`the path ${given} has its segments`, () => {
    assert.deepEqual(parsePath(given), { kind: "path", segments: expected });
  });
}

const refused = [
  "",
  "a",
  "@.a",
  "$.",
  "$a",
  "$..",
  "$.1a",
  "$.a-b",
  "$.a b",
  "$ .a",
  "$[",
  "$[]",
  "$[-1]",
  "$[01]",
  "$[1:2]",
  "$[0,1]",
  "$[?@.a]",
  "$[99999999999]",
  "$['a]",
  "$['a'",
  "$['\\x']",
  "$['\\u12']",
  `$${".a".repeat(PATH_SEGMENTS_MAX + 1)}`,
  `$.${"a".repeat(PATH_LENGTH_MAX)}`,
];

for (const given of refused) {
  test(`the path ${given.slice(0, 20)} (${given.length} characters) is refused`, () => {
    assert.equal(parsePath(given).kind, "problem");
  });
}

test("a problem names the place of the character that is wrong", () => {
  assert.deepEqual(parsePath("$.a[-1]"), {
    kind: "problem",
    allowed: "an index from 0, * or a quoted name, then ] at character 4",
  });
});

test("a path is singular when it has neither a wildcard nor ..", () => {
  assert.equal(isSingular([name("a"), index(0)]), true);
  assert.equal(isSingular([any()]), false);
  assert.equal(isSingular([name("a", true)]), false);
});

test("parsing a path never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(..."$.[]*'\"\\u0a-?@ \u{1f600}") }), (text) => {
      assert.ok(["path", "problem"].includes(parsePath(`$${text}`).kind));
    }),
  );
});

function placeOf(keys: readonly (string | number)[]): Place {
  let place: Place = { parent: undefined, key: "" };
  for (const key of keys) {
    place = { parent: place, key };
  }
  return place;
}

test("a path's text is the normalised path of RFC 9535", () => {
  assert.equal(pathText(placeOf([])), "$");
  assert.equal(pathText(placeOf(["a", 0, "b c"])), "$['a'][0]['b c']");
  assert.equal(pathText(placeOf(["'\\\n\u0001é"])), "$['\\'\\\\\\n\\u0001é']");
  assert.equal(pathText(placeOf(["\ud800", "__proto__"])), "$['\\ud800']['__proto__']");
});

test("a path's text, parsed, selects the same keys", () => {
  const key = fc.oneof(fc.string({ unit: "binary", maxLength: 8 }), fc.nat());
  fc.assert(
    fc.property(fc.array(key, { maxLength: 6 }), (keys) => {
      const parsed = parsePath(pathText(placeOf(keys)));
      const expected = keys.map((one) => (typeof one === "number" ? index(one) : name(one)));
      assert.deepEqual(parsed, { kind: "path", segments: expected });
    }),
  );
});

test("a path's text is cut at its limit, and stays valid Unicode", () => {
  const text = pathText(placeOf(["\u{1f600}".repeat(PATH_TEXT_MAX), "b"]));
  assert.ok(text.length <= PATH_TEXT_MAX && text.endsWith("…"));
  assert.equal(new TextDecoder().decode(new TextEncoder().encode(text)), text);
});
