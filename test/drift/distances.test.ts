import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { chiSquare, joinRare } from "../../sidecar/core/drift/chiSquare.ts";
import { hellinger } from "../../sidecar/core/drift/hellinger.ts";
import { jensenShannon } from "../../sidecar/core/drift/jensenShannon.ts";
import { ksExactPValue, ksFromCounts, ksPValue, ksStatistic } from "../../sidecar/core/drift/ks.ts";
import { lInfinity } from "../../sidecar/core/drift/lInfinity.ts";
import { quantileEdges } from "../../sidecar/core/drift/profile.ts";
import { psi } from "../../sidecar/core/drift/psi.ts";
import { wasserstein, wassersteinFromCounts } from "../../sidecar/core/drift/wasserstein.ts";
import { countsOver } from "../support/histogram.ts";
import { close } from "../support/oracles.ts";

const ascending = (values: readonly number[]): readonly number[] =>
  values.toSorted((a, b) => a - b);
const sample = fc
  .array(
    fc.oneof(fc.integer({ min: -20, max: 20 }), fc.double({ min: -20, max: 20, noNaN: true })),
    {
      minLength: 1,
      maxLength: 60,
    },
  )
  .map(ascending);
/** Two or three counts over the same bins, each with at least one row. */
const tables = fc
  .array(fc.tuple(fc.nat(50), fc.nat(50), fc.nat(50)), { minLength: 1, maxLength: 12 })
  .map((rows) => [0, 1, 2].map((side) => [1, ...rows.map((row) => row[side] ?? 0)]));

const ofCounts = { psi, jensenShannon, hellinger, lInfinity };
for (const [name, distance] of Object.entries(ofCounts)) {
  test(`${name} is 0 for equal shares, symmetric, and the same in any order of bins`, () => {
    fc.assert(
      fc.property(tables, ([p = [], q = []]) => {
        close(
          distance(
            p,
            p.map((count) => 3 * count),
          ),
          0,
        );
        assert.ok(distance(p, q) >= 0);
        close(distance(p, q), distance(q, p));
        close(distance(p.toReversed(), q.toReversed()), distance(p, q));
      }),
    );
  });
}

for (const [name, distance] of Object.entries({ jensenShannon, hellinger, lInfinity })) {
  test(`${name} obeys the triangle inequality and is at most 1`, () => {
    fc.assert(
      fc.property(tables, ([p = [], q = [], r = []]) => {
        assert.ok(distance(p, r) <= distance(p, q) + distance(q, r) + 1e-12);
        assert.ok(distance(p, q) <= 1 + 1e-12);
      }),
    );
  });
}

for (const [name, distance] of Object.entries({ ksStatistic, wasserstein })) {
  test(`${name} is a metric on samples, and does not change when every value is repeated`, () => {
    fc.assert(
      fc.property(sample, sample, sample, (a, b, c) => {
        const twice = ascending([...a, ...a]);
        close(distance(a, a), 0);
        close(distance(a, b), distance(b, a));
        close(distance(twice, b), distance(a, b));
        assert.ok(distance(a, c) <= distance(a, b) + distance(b, c) + 1e-9);
      }),
    );
  });
}

test("a shift moves the Wasserstein distance by exactly as much", () => {
  fc.assert(
    fc.property(sample, fc.integer({ min: -5, max: 5 }), (values, by) => {
      close(
        wasserstein(
          values,
          values.map((value) => value + by),
        ),
        Math.abs(by),
      );
    }),
  );
});

test("distances from counts hold the exact ones between their bounds", () => {
  fc.assert(
    fc.property(sample, sample, (a, b) => {
      const { edges } = quantileEdges(a);
      const [reference, current] = [countsOver(edges, a), countsOver(edges, b)];
      const ks = ksFromCounts(reference, current);
      const exact = ksStatistic(a, b);
      assert.ok(ks.statistic <= exact + 1e-12 && exact <= ks.statistic + ks.bound + 1e-12);
      const [min, max] = [Math.min(...a, ...b), Math.max(...a, ...b)];
      const area = wassersteinFromCounts({ edges, min, max, reference, current });
      assert.ok(Math.abs(area.distance - wasserstein(a, b)) <= area.bound + 1e-9);
    }),
  );
});

test("a larger distance is never more likely, and both p-values are chances", () => {
  const sizes = fc.record({
    reference: fc.integer({ min: 1, max: 40 }),
    current: fc.integer({ min: 1, max: 40 }),
  });
  const distance = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(sizes, distance, distance, (given, one, other) => {
      for (const pValue of [ksPValue, ksExactPValue]) {
        const [near, far] = [Math.min(one, other), Math.max(one, other)].map((d) =>
          pValue(d, given),
        );
        assert.ok((near ?? 0) >= (far ?? 1) - 1e-9 && (near ?? 2) <= 1 + 1e-12 && (far ?? -1) >= 0);
      }
    }),
  );
});

test("the exact chance of a KS distance equals the share of all orders of the values", () => {
  const orders = (left: number, right: number): readonly string[] =>
    left + right === 0
      ? [""]
      : [
          ...(left > 0 ? orders(left - 1, right).map((rest) => `a${rest}`) : []),
          ...(right > 0 ? orders(left, right - 1).map((rest) => `b${rest}`) : []),
        ];
  const ranks = (order: string, side: string): readonly number[] =>
    [...order].flatMap((letter, rank) => (letter === side ? [rank] : []));
  const all = orders(5, 4).map((order) => ksStatistic(ranks(order, "a"), ranks(order, "b")));
  for (const d of new Set(all)) {
    const share = all.filter((other) => other >= d - 1e-12).length / all.length;
    close(ksExactPValue(d, { reference: 5, current: 4 }), share);
  }
});

test("chi-square has no say without two cells and two sides, and does not see the order of either", () => {
  assert.equal(chiSquare({ reference: [5], current: [7] }), null);
  assert.equal(chiSquare({ reference: [5, 3], current: [0, 0] }), null);
  assert.equal(chiSquare({ reference: [5, 0], current: [2, 0] }), null);
  fc.assert(
    fc.property(tables, ([reference = [], current = []]) => {
      const found = chiSquare({ reference, current });
      const turned = chiSquare({
        reference: current.toReversed(),
        current: reference.toReversed(),
      });
      close(turned?.statistic ?? -1, found?.statistic ?? -1);
      close(turned?.pValue ?? -1, found?.pValue ?? -1);
    }),
  );
});

test("joining rare cells keeps every row, and at most one cell stays rare", () => {
  fc.assert(
    fc.property(tables, ([reference = [], current = []]) => {
      const joined = joinRare({ reference, current, other: null });
      const total = (counts: readonly number[]) => counts.reduce((sum, count) => sum + count, 0);
      const [n, m] = [total(reference), total(current)];
      assert.deepEqual([total(joined.reference), total(joined.current)], [n, m]);
      const rare = joined.reference.filter(
        (count, cell) => ((count + (joined.current[cell] ?? 0)) * Math.min(n, m)) / (n + m) < 5,
      );
      assert.ok(rare.length <= 1);
    }),
  );
});
