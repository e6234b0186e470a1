import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  addValue,
  type Binning,
  binningOf,
  startFeature,
} from "../../sidecar/core/drift/binning.ts";
import {
  CATEGORY_LENGTH_MAX,
  canonicalJson,
  type FeatureProfile,
  quantileEdges,
} from "../../sidecar/core/drift/profile.ts";
import { parseNumber } from "../../sidecar/core/drift/value.ts";
import {
  addRow,
  countUnseen,
  startCounts,
  UNSEEN_MAX,
  type WindowCounts,
} from "../../sidecar/core/drift/window.ts";

const age: FeatureProfile = {
  type: "numeric",
  name: "age",
  n: 4,
  missing: 0,
  sampledMissing: 0,
  mean: 2.5,
  std: 1,
  min: 1,
  max: 4,
  edges: [1, 2, 3],
  deciles: [1, 2, 3],
  counts: [1, 1, 1, 1],
};
const sex: FeatureProfile = {
  type: "categorical",
  name: "sex",
  n: 3,
  missing: 0,
  sampledMissing: 0,
  categories: [
    { value: "f", count: 2 },
    { value: "1", count: 1 },
  ],
  other: 0,
};
const binnings: readonly Binning[] = [age, sex].map(binningOf);
const empty = (): WindowCounts => startCounts({ hash: "h" }, binnings);

function windowOf(rows: readonly (readonly unknown[])[]): WindowCounts {
  const counts = empty();
  for (const row of rows) {
    addRow(counts, binnings, row);
  }
  return counts;
}

const numbers = [
  { value: 0.5, bin: 0, problems: {} },
  { value: 1, bin: 0, problems: {} },
  { value: 1.0000001, bin: 1, problems: {} },
  { value: 3, bin: 2, problems: {} },
  { value: 99, bin: 3, problems: {} },
  { value: Number.POSITIVE_INFINITY, bin: 3, problems: { infinite: 1 } },
  { value: Number.NEGATIVE_INFINITY, bin: 0, problems: { infinite: 1 } },
  { value: " 2.0 ", bin: 1, problems: { numberAsText: 1 } },
  { value: "-inf", bin: 0, problems: { numberAsText: 1, infinite: 1 } },
  { value: true, bin: 0, problems: { booleanAsNumber: 1 } },
];
for (const { value, bin, problems } of numbers) {
  test(`the number ${JSON.stringify(value)} is counted in bin ${bin}`, () => {
    const counts = startFeature(4);
    addValue(counts, binnings[0] ?? assert.fail(), value);
    assert.deepEqual(
      counts.bins,
      [0, 1, 2, 3].map((index) => (index === bin ? 1 : 0)),
    );
    assert.deepEqual([counts.n, counts.missing, counts.problems], [1, 0, problems]);
  });
}

const missing = [
  { value: null, problems: {} },
  { value: undefined, problems: {} },
  { value: "", problems: {} },
  { value: Number.NaN, problems: {} },
  { value: "N/A", problems: {} },
  { value: "0x10", problems: { wrongType: 1 } },
  { value: "old", problems: { wrongType: 1 } },
  { value: { years: 3 }, problems: { wrongType: 1 } },
  { value: "9".repeat(CATEGORY_LENGTH_MAX + 1), problems: { wrongType: 1 } },
];
for (const { value, problems } of missing) {
  test(`${String(JSON.stringify(value)).slice(0, 30)} is no number, and counts as missing`, () => {
    const counts = startFeature(4);
    addValue(counts, binnings[0] ?? assert.fail(), value);
    assert.deepEqual([counts.n, counts.missing, counts.min], [0, 1, null]);
    assert.deepEqual(counts.problems, problems);
  });
}

const categories = [
  { value: "f", bins: [1, 0, 0], problems: {} },
  { value: 1, bins: [0, 1, 0], problems: {} },
  { value: "new", bins: [0, 0, 1], problems: {} },
  { value: false, bins: [0, 0, 1], problems: {} },
  { value: "x".repeat(1_000_000), bins: [0, 0, 1], problems: { tooLong: 1 } },
  { value: null, bins: [0, 0, 0], problems: {} },
  { value: "", bins: [0, 0, 0], problems: {} },
  { value: ["f"], bins: [0, 0, 0], problems: { wrongType: 1 } },
];
for (const { value, bins, problems } of categories) {
  test(`the category ${String(JSON.stringify(value)).slice(0, 30)} is counted as ${bins}`, () => {
    const counts = startFeature(3);
    addValue(counts, binnings[1] ?? assert.fail(), value);
    assert.deepEqual([counts.bins, counts.problems], [bins, problems]);
    assert.equal(counts.n + counts.missing, 1);
  });
}

test("a row's own features count, and what it lacks is missing", () => {
  const counts = windowOf([[2, "f"], [3], [undefined, null], []]);
  assert.equal(counts.rows, 4);
  assert.deepEqual(
    counts.features.map(({ n, missing: without }) => [n, without]),
    [
      [2, 2],
      [1, 3],
    ],
  );
});

test("what the profile lacks is unseen, in so many rows", () => {
  const counts = empty();
  countUnseen(counts, ["height", "toString"]);
  countUnseen(counts, ["height"], 2);
  assert.deepEqual(counts.unseen, { height: 3, toString: 1 });
});

test("names that a profile lacks are counted up to a bound", () => {
  const counts = empty();
  countUnseen(
    counts,
    Array.from({ length: UNSEEN_MAX + 5 }, (_, index) => `x${index}`),
  );
  assert.equal(Object.keys(counts.unseen).length, UNSEEN_MAX);
});

const value = fc.oneof(
  fc.integer({ min: -5, max: 9 }),
  fc.constantFrom(null, "", "2", "f", "zzz", true, Number.NaN, Number.POSITIVE_INFINITY),
);
const rows = fc.array(fc.array(value, { maxLength: 3 }));

test("the order of rows does not matter", () => {
  fc.assert(
    fc.property(rows, (given) => {
      assert.deepEqual(windowOf(given.toReversed()), windowOf(given));
    }),
  );
});

test("a window is plain JSON, and goes on where it was", () => {
  fc.assert(
    fc.property(rows, rows, (a, b) => {
      const restored: WindowCounts = JSON.parse(JSON.stringify(windowOf(a)));
      for (const row of b) {
        addRow(restored, binnings, row);
      }
      assert.deepEqual(restored, windowOf([...a, ...b]));
    }),
  );
});

test("every tenth of the mass ends at an edge, and edges ascend", () => {
  const values = fc.array(
    fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer({ min: 0, max: 9 })),
    { minLength: 1 },
  );
  fc.assert(
    fc.property(values, (given) => {
      const sorted = given.toSorted((a, b) => a - b);
      const { edges, deciles } = quantileEdges(sorted);
      assert.deepEqual(
        edges,
        [...new Set(edges)].toSorted((a, b) => a - b),
      );
      assert.ok(deciles.every((decile) => edges.includes(decile)));
    }),
  );
});

test("below and above a constant are bins of their own", () => {
  const { edges, deciles } = quantileEdges([7, 7, 7]);
  assert.deepEqual(deciles, edges);
  const counts = startFeature(3);
  const constant = binningOf({ ...age, edges, deciles });
  for (const number of [7, 6.999999, 7.000001, 7]) {
    addValue(counts, constant, number);
  }
  assert.deepEqual(counts.bins, [1, 2, 1]);
  assert.deepEqual(quantileEdges([]), { edges: [], deciles: [] });
});

test("texts of numbers are read as decimals only", () => {
  assert.deepEqual(
    ["1.5e3", ".5", "5.", "+2", "-inf", "Infinity", "1,5", "0b1", "1 2", "e5"].map(parseNumber),
    [1500, 0.5, 5, 2, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, null, null, null, null],
  );
});

test("the canonical JSON of a profile depends on neither the order of its keys nor its hash", () => {
  const profile = {
    format: "understudy.dev/profile/v1",
    rows: 1,
    sampledRows: 1,
    features: [age],
  } as const;
  const turned = { hash: "h", features: [age], sampledRows: 1, rows: 1, format: profile.format };
  assert.equal(canonicalJson(turned), canonicalJson(profile));
});
