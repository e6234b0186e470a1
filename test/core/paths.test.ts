import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  countPath,
  noPaths,
  PATH_LENGTH_MAX,
  PATHS_KEPT_MAX,
  placesOf,
} from "../../sidecar/core/evidence/paths.ts";

const pathsOf = (numbers: readonly number[]): ReturnType<typeof noPaths> => {
  const paths = noPaths(0);
  for (const number of numbers) {
    countPath(paths, { path: `$['${number}']`, kind: "value" });
  }
  return paths;
};

test("the most frequent differences come first", () => {
  assert.deepEqual(
    placesOf(pathsOf([1, 2, 2, 3, 3, 3])).map(({ difference, count }) => [difference.path, count]),
    [
      ["$['3']", 3],
      ["$['2']", 2],
      ["$['1']", 1],
    ],
  );
});

test("kinds of difference at one path are counted apart", () => {
  const paths = noPaths(0);
  countPath(paths, { path: "$", kind: "value" });
  countPath(paths, { path: "$", kind: "type" });
  assert.equal(placesOf(paths).length, 2);
});

test("paths are bounded in number and length, and every difference is counted", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(400), { maxLength: 2_000 }), (numbers) => {
      const paths = pathsOf(numbers);
      const counted = placesOf(paths).reduce((sum, { count }) => sum + count, 0);
      assert(paths.kept.size <= PATHS_KEPT_MAX && counted <= numbers.length);
      assert.equal(paths.total, numbers.length);
    }),
  );
  const paths = noPaths(0);
  countPath(paths, { path: "x".repeat(100_000), kind: "extra" });
  assert.equal(placesOf(paths)[0]?.difference.path.length, PATH_LENGTH_MAX);
});

test("a frequent path is never lost among many rare ones, nor overstated", () => {
  const numbers = Array.from({ length: 20_000 }, (_, index) => (index % 20 === 0 ? -1 : index));
  const found = placesOf(pathsOf(numbers)).find(({ difference }) => difference.path === "$['-1']");
  assert(found !== undefined && found.count <= 1_000 && found.count >= 1_000 - 20_000 / 101);
});
