import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compilePath } from "../../sidecar/formats/jsonPath.ts";
import { compilePaths } from "../../sidecar/formats/jsonPaths.ts";

const name = fc.constantFrom("a", "b", "toString", "__proto__", "length");
const step = fc.oneof(
  name.map((known) => `['${known}']`),
  fc.integer({ min: -2, max: 2 }).map((index) => `[${index}]`),
  fc.constantFrom("[*]", "..a"),
);
const path = fc.array(step, { maxLength: 3 }).map((steps) => `$${steps.join("")}`);
const { document } = fc.letrec<{ document: unknown }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(1, "", null, true),
    fc.array(tie("document"), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie("document")), { maxLength: 4 }).map((members) => {
      const texts = members.map(
        ([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`,
      );
      return JSON.parse(`{${texts.join(",")}}`);
    }),
  ),
}));

test("many paths find together what each finds alone", () => {
  fc.assert(
    fc.property(fc.array(path, { maxLength: 8 }), document, (paths, given) => {
      const alone = paths.map((one) => compilePath(one)(given));
      assert.deepEqual(compilePaths(paths)(given), alone);
    }),
  );
});

test("what has no path, and all of what has no document, is undefined", () => {
  assert.deepEqual(compilePaths([undefined, "$.a"])({ a: 1 }), [undefined, 1]);
  assert.deepEqual(compilePaths(["$", "$.a", "$..a"])(undefined), [
    undefined,
    undefined,
    undefined,
  ]);
});

test("a path that fails on a document finds nothing, and the others what they do", () => {
  const deep: unknown = JSON.parse(`${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`);
  assert.throws(() => compilePath("$..b")(deep));
  assert.deepEqual(compilePaths(["$..b", "$.b"])(deep), [undefined, undefined]);
});

test("a path that is none is refused", () => {
  assert.throws(() => compilePaths(["$.a", "a["]), Error);
});
