import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { addValue, type Binning, startFeature } from "../../sidecar/core/drift/binning.ts";
import { countNumbers, finderOf } from "../../sidecar/core/drift/countNumbers.ts";

const number = fc.oneof(
  fc.double(),
  fc.double({ min: -10, max: 10 }),
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom(-0, Number.MIN_VALUE, Number.MAX_VALUE, -Number.MAX_VALUE),
);

test("many numbers are counted as each of them would be, whatever the edges", () => {
  fc.assert(
    fc.property(
      fc.array(number, { maxLength: 140 }),
      fc.array(number, { maxLength: 60 }),
      (edgesGiven, given) => {
        const finite = edgesGiven.filter(Number.isFinite);
        const edges = Float64Array.from(new Set(finite.sort((a, b) => a - b)));
        const bins = edges.length + 1;
        const binning: Binning = { name: "", type: "numeric", bins, edges, categories: new Map() };
        const numbers = Float64Array.from([...given, ...edges]);
        const [one, all] = [startFeature(bins), startFeature(bins)];
        for (const value of numbers) {
          addValue(one, binning, value);
        }
        countNumbers(all, finderOf(edges), numbers);
        assert.deepEqual(all, one);
      },
    ),
    { numRuns: 2_000 },
  );
});
