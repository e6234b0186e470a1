import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { sortNumbers } from "../../sidecar/core/drift/sortNumbers.ts";

const LARGE = Number.MAX_VALUE;
const SMALL = Number.MIN_VALUE;

test("any finite numbers are in the order that they are sorted in, to the bit", () => {
  const numbers = fc.float64Array({ noNaN: true, noDefaultInfinity: true, maxLength: 300 });
  fc.assert(
    fc.property(numbers, (given) => {
      const sorted = sortNumbers(given);
      assert.deepEqual(new Uint8Array(sorted.buffer), new Uint8Array(given.toSorted().buffer));
    }),
  );
});

test("signs, zeros, extremes and repetitions have their places, and what was given stays as it was", () => {
  const given = Float64Array.of(0, LARGE, -SMALL, 1, -0, -LARGE, SMALL, 1, -1);
  const sorted = sortNumbers(given);
  assert.deepEqual([...sorted], [-LARGE, -1, -SMALL, -0, 0, SMALL, 1, 1, LARGE]);
  assert.deepEqual([...given.slice(0, 3)], [0, LARGE, -SMALL]);
});

test("none, one, and many of the same are sorted", () => {
  assert.deepEqual(sortNumbers(new Float64Array()), new Float64Array());
  assert.deepEqual([...sortNumbers(Float64Array.of(-2.5))], [-2.5]);
  assert.deepEqual([...sortNumbers(new Float64Array(1000).fill(7))], Array(1000).fill(7));
});
