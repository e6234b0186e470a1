import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { startProblems } from "../../sidecar/core/drift/problemLog.ts";
import { canonicalJson, type FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import {
  addBatch,
  finishProfile,
  SAMPLE_ROWS_MAX,
  startProfile,
} from "../../sidecar/core/drift/profileBuilder.ts";
import { assignSlots, startSlots } from "../../sidecar/core/drift/rowSlots.ts";
import { batchesOf, NO_WISHES, profileOfColumns } from "../support/builtProfiles.ts";
import { seeded } from "../support/random.ts";

/** What of a feature does not depend on the order of rows. */
function lasting({
  autoThresholds: _,
  ...feature
}: FeatureProfile): Omit<FeatureProfile, "autoThresholds"> {
  return feature;
}

const cells = fc.record({
  number: fc.oneof(fc.double({ noDefaultInfinity: true }), fc.constant(null), fc.integer()),
  name: fc.constantFrom("a", "b", "c", "", null),
});

test("the order of rows and how they are cut into batches are no part of a small profile", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(cells, { minLength: 1, maxLength: 60 }),
      fc.integer({ min: 1, max: 60 }),
      fc.infiniteStream(fc.nat()),
      async (rows, batchRows, random) => {
        const shuffled = rows
          .map((row) => ({ row, at: random.next().value }))
          .sort((a, b) => a.at - b.at)
          .map(({ row }) => row);
        const columns = (of: typeof rows) => ({
          number: of.map(({ number }) => number),
          name: of.map(({ name }) => name),
        });
        const types = new Map([
          ["number", "numeric"],
          ["name", "categorical"],
        ] as const);
        const one = await profileOfColumns(columns(rows), { types });
        const cut = await profileOfColumns(columns(rows), { types }, batchRows);
        assert.equal(canonicalJson(cut), canonicalJson(one));
        const other = await profileOfColumns(columns(shuffled), { types });
        assert.deepEqual(other.features.map(lasting), one.features.map(lasting));
      },
    ),
    { numRuns: 60 },
  );
});

const guessed: readonly { name: string; values: unknown[]; type: string | undefined }[] = [
  { name: "numbers", values: [1, 2.5, null, 3], type: "numeric" },
  { name: "numbers as texts", values: ["1", "2.5", "", "NaN"], type: "numeric" },
  { name: "numbers with a rare word", values: [...Array(40).keys(), "x"], type: "numeric" },
  { name: "numbers and as many words", values: [1, "x", 2, "y"], type: "categorical" },
  { name: "booleans", values: [true, false, null], type: "categorical" },
  { name: "words", values: ["a", "b", "a"], type: "categorical" },
  { name: "objects", values: [{}, { a: 1 }], type: undefined },
  { name: "nothing", values: [null, undefined, ""], type: undefined },
];

for (const { name, values, type } of guessed) {
  test(`a column of ${name} is ${type ?? "no feature"}`, async () => {
    const { features } = await profileOfColumns({ column: values });
    assert.equal(features[0]?.type, type);
  });
}

test("what is odd in a column is told with row and column, and counted as it says", async () => {
  const problems = startProblems();
  const columns = {
    n: [1, "2", true, "ten", Number.POSITIVE_INFINITY, {}, null],
    c: ["a", 1, true, "x".repeat(300), {}, "", null],
  };
  const types = new Map([
    ["n", "numeric"],
    ["c", "categorical"],
  ] as const);
  const builder = startProfile({ ...NO_WISHES, types }, problems);
  for (const batch of batchesOf(columns, 3)) {
    await addBatch(builder, batch);
  }
  const { features } = await profileOfColumns(columns, { types }, 3);
  assert.deepEqual(
    features.map(({ n, missing }) => [n, missing]),
    [
      [4, 3],
      [4, 3],
    ],
  );
  const [number, category] = features;
  assert.ok(number?.type === "numeric" && category?.type === "categorical");
  assert.deepEqual([number.mean, number.min, number.max], [4 / 3, 1, 2]);
  assert.deepEqual(category.other, 1);
});

test("beyond the sample's size counts are the sample's, and sums are of all rows", async () => {
  const rows = SAMPLE_ROWS_MAX + 20_000;
  const numbers = Array.from({ length: rows }, (_, row) => row);
  const profile = await profileOfColumns({ numbers }, {}, 8_192);
  const [feature] = profile.features;
  assert.ok(feature?.type === "numeric");
  assert.deepEqual(
    [profile.rows, profile.sampledRows, feature.n, feature.min, feature.max],
    [rows, SAMPLE_ROWS_MAX, rows, 0, rows - 1],
  );
  assert.ok(Math.abs(feature.mean - (rows - 1) / 2) < 1e-6);
  assert.equal(
    feature.counts.reduce((sum, count) => sum + count, 0),
    SAMPLE_ROWS_MAX,
  );
  assert.ok(Math.abs((feature.deciles[4] ?? 0) - rows / 2) < rows / 100);
});

test("every row has the same chance to be in the sample", () => {
  const [rows, capacity, runs] = [200, 40, 2_000];
  const chosen = new Float64Array(rows);
  for (let seed = 1; seed <= runs; seed += 1) {
    const slots = startSlots({ capacity, seed: Math.floor(seeded(seed).next() * 2 ** 32) });
    assignSlots(slots, 90);
    assignSlots(slots, rows - 90);
    for (const row of slots.rowBySlot) {
      chosen[row] = (chosen[row] ?? 0) + 1;
    }
  }
  const expected = (runs * capacity) / rows;
  const statistic = chosen.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  assert.ok(statistic < 280, `chi-square ${statistic} of 199 degrees of freedom`);
});

test("columns of too few texts or vectors are left out, and said to be", async () => {
  const columns = {
    note: Array.from({ length: 60 }, (_, row) => (row < 40 ? `the ${row}th of notes` : null)),
    vector: Array.from({ length: 60 }, (_, row) => (row < 40 ? [row, 1] : null)),
  };
  const types = new Map([
    ["note", "text"],
    ["vector", "embedding"],
  ] as const);
  const problems = startProblems();
  const builder = startProfile({ ...NO_WISHES, types }, problems);
  for (const batch of batchesOf(columns, 100)) {
    await addBatch(builder, batch);
  }
  const profile = await finishProfile(builder, () => "hash");
  assert.deepEqual(
    [profile.texts, profile.embeddings, profile.features],
    [undefined, undefined, []],
  );
  assert.deepEqual(
    problems.listed.map(({ kind, column, what }) => [kind, column, what]),
    [
      ["leftOut", "note", "fewer than 100 values that are texts: no feature"],
      ["leftOut", "vector", "fewer than 50 values that are vectors of one length: no feature"],
    ],
  );
});
