import assert from "node:assert/strict";
import { test } from "node:test";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import {
  assessFeature,
  categoricalProfile,
  countsOf,
  letters,
  normals,
  numericProfile,
} from "../support/features.ts";
import { seeded } from "../support/random.ts";

const random = seeded(5);
const repeated = <T>(count: number, value: T): readonly T[] => new Array<T>(count).fill(value);

const x = numericProfile("x", normals(random, 3_000));
const flat = numericProfile("flat", repeated(1_000, 7));
const c = categoricalProfile("c", letters(1_000, "abcd"));
const only = categoricalProfile("only", letters(1_000, "a"));
const none = numericProfile("none", repeated(100, Number.NaN));

const judged: readonly {
  readonly name: string;
  readonly feature: FeatureProfile;
  readonly values: readonly unknown[];
  readonly drifted: boolean;
  readonly reasons: readonly RegExp[];
}[] = [
  {
    name: "numbers like the reference's",
    feature: x,
    values: normals(random, 1_000),
    drifted: false,
    reasons: [],
  },
  {
    name: "numbers that moved",
    feature: x,
    values: normals(random, 1_000, 1),
    drifted: true,
    reasons: [
      /^PSI is \S+, at least 0\.1; without drift 1000 rows show as much with a chance below 1e-12$/,
      /^the KS distance is 0\.\d+, at least 0\.1; without drift 1000 rows/,
    ],
  },
  {
    name: "too few rows",
    feature: x,
    values: normals(random, 49, 3),
    drifted: false,
    reasons: [/^not judged: 49 rows, 50 are needed$/],
  },
  { name: "no rows", feature: x, values: [], drifted: false, reasons: [/^not judged: 0 rows/] },
  {
    name: "an absent feature",
    feature: x,
    values: repeated(200, undefined),
    drifted: true,
    reasons: [/^PSI is/, /^absent: none of 200 rows has a value$/],
  },
  {
    name: "one in ten missing",
    feature: x,
    values: normals(random, 500).map((value, row) => (row % 10 === 0 ? null : value)),
    drifted: true,
    reasons: [/^PSI is/, /^10% of rows have no value, 0% in the reference$/],
  },
  {
    name: "a constant as ever",
    feature: flat,
    values: repeated(500, 7),
    drifted: false,
    reasons: [],
  },
  {
    name: "a constant that is now smaller",
    feature: flat,
    values: repeated(500, 6.5),
    drifted: true,
    reasons: [
      /^PSI is/,
      /^the KS distance is 1/,
      /^always 7 in the reference, 100% of values differ$/,
    ],
  },
  {
    name: "categories like the reference's",
    feature: c,
    values: letters(400, "dcba"),
    drifted: false,
    reasons: [],
  },
  {
    name: "new categories",
    feature: c,
    values: letters(500, "abcde"),
    drifted: true,
    reasons: [/^PSI is/, /^20% of values are categories that the reference doesn't have$/],
  },
  {
    name: "one new value among hundreds",
    feature: c,
    values: [...letters(999, "abcd"), "e"],
    drifted: false,
    reasons: [/^0\.1% of values are categories/],
  },
  {
    name: "a category that is always the same",
    feature: only,
    values: letters(500, "a"),
    drifted: false,
    reasons: [/^not judged: reference and window have one and the same single value$/],
  },
  {
    name: "a category that was always the same",
    feature: only,
    values: letters(500, "b"),
    drifted: true,
    reasons: [/^PSI is/, /^100% of values are categories/],
  },
  {
    name: "values that the reference never had",
    feature: none,
    values: normals(random, 500),
    drifted: true,
    reasons: [/^PSI is/, /^0% of rows have no value, 100% in the reference$/],
  },
  {
    name: "an empty reference",
    feature: numericProfile("empty", []),
    values: normals(random, 500),
    drifted: false,
    reasons: [/^not judged: the reference has no rows$/],
  },
  {
    name: "odd values",
    feature: x,
    values: [...normals(random, 996), "0.5", true, Number.POSITIVE_INFINITY, { of: 1 }],
    drifted: false,
    reasons: [
      /^1 value: a number written as text, read as the number$/,
      /^1 value: true or false where numbers are, read as 1 or 0$/,
      /^1 value: infinite, counted in the outermost bin,/,
      /^1 value: not of the column's type, counted as missing$/,
    ],
  },
  {
    name: "a megabyte for a category",
    feature: c,
    values: [...letters(400, "abcd"), "z".repeat(1_000_000)],
    drifted: false,
    reasons: [
      /^0\.25% of values are categories/,
      /^1 value: longer than 256 characters, counted as one other category$/,
    ],
  },
];
for (const { name, feature, values, drifted, reasons } of judged) {
  test(`${name}: ${drifted ? "drifted" : "not drifted"}, and says why`, () => {
    const found = assessFeature(feature, countsOf(feature, values));
    assert.equal(found.drifted, drifted);
    assert.equal(found.reasons.length, reasons.length, found.reasons.join("; "));
    for (const [index, reason] of reasons.entries()) {
      assert.match(found.reasons[index] ?? "", reason);
    }
    assert.equal(found.n + found.missing, values.length);
  });
}
