import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addValue, type Binning, startFeature } from "../../sidecar/core/drift/binning.ts";
import { countNumbers } from "../../sidecar/core/drift/countNumbers.ts";
import { binOf, edgesOf } from "../../sidecar/core/drift/edges.ts";

const number = fc.oneof(
  fc.double({ noNaN: true }),
  fc.double({ min: -10, max: 10, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-0, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE),
);
const ascending = fc
  .array(number.filter(Number.isFinite), { maxLength: 140 })
  .map((given) => [...new Set(given.sort((a, b) => a - b))]);

test("a number's bin is the first whose upper edge is at least the number, whatever the edges", () => {
  fc.assert(
    fc.property(ascending, fc.array(number, { maxLength: 60 }), (given, further) => {
      const edges = edgesOf(given);
      for (const value of [...further, ...given]) {
        assert.equal(binOf(edges, value), given.filter((edge) => edge < value).length);
      }
    }),
    { numRuns: 2_000 },
  );
});

test("many numbers are counted as each of them would be", () => {
  fc.assert(
    fc.property(ascending, fc.array(fc.oneof(number, fc.constant(Number.NaN))), (given, values) => {
      const bins = given.length + 1;
      const edges = edgesOf(given);
      const binning: Binning = { name: "", type: "numeric", bins, edges, categories: new Map() };
      const [one, all] = [startFeature(bins), startFeature(bins)];
      for (const value of values) {
        addValue(one, binning, value);
      }
      countNumbers(all, edges, Float64Array.from(values));
      assert.deepEqual(all, one);
    }),
  );
});
