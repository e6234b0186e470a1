import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { median, quantile, summariseRounds } from "../../bench/stats.ts";

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

for (const { name, given, expected } of [
  { name: "of one value is the value", given: [7], expected: 7 },
  { name: "of an odd count is the middle one", given: [9, 1, 5], expected: 5 },
  {
    name: "of an even count is the mean of the two in the middle",
    given: [4, 1, 3, 2],
    expected: 2.5,
  },
]) {
  test(`the median ${name}`, () => {
    assert.equal(median(given), expected);
  });
}

test("quantiles equal those of R's default (type 7)", () => {
  // R: quantile(c(15, 20, 35, 40, 50), c(0, 0.05, 0.4, 0.99, 1))
  const values = [40, 15, 50, 20, 35];
  const quantiles = [0, 0.05, 0.4, 0.99, 1].map((q) => quantile(values, q));
  assert.deepEqual(quantiles, [15, 16, 29, 49.6, 50]);
});

test("no values have no quantile", () => {
  assert.throws(() => quantile([], 0.99), /no values/);
});

test("a quantile lies within its list, and never falls as q rises", () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.array(finite, { minLength: 1 }), share, share, (values, a, b) => {
      const low = quantile(values, Math.min(a, b));
      const high = quantile(values, Math.max(a, b));
      assert.ok(Math.min(...values) <= low && low <= high && high <= Math.max(...values));
    }),
  );
});

test("a slow spell that hits both sides of a round leaves the ratio as it is", () => {
  const quiet = { ours: 110, native: 100 };
  const slow = { ours: 330, native: 300 };
  const summary = summariseRounds([quiet, slow, slow]);
  assert.equal(summary.ratio, 1.1);
  assert.equal(summary.oursMedian, 330);
});

test("one wild round does not move the ratio", () => {
  const rounds = [
    { ours: 120, native: 100 },
    { ours: 900, native: 100 },
    { ours: 120, native: 100 },
  ];
  const { ratio, lowest, highest } = summariseRounds(rounds);
  assert.deepEqual({ ratio, lowest, highest }, { ratio: 1.2, lowest: 1.2, highest: 9 });
});
