import assert from "node:assert/strict";
import { test } from "node:test";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import {
  addRich,
  DESCRIPTORS,
  type RichProfiles,
  richProfiles,
  startRich,
} from "../../sidecar/core/drift/richSample.ts";
import {
  addRichBatch,
  assessRich,
  richOf,
  startRichWindow,
} from "../../sidecar/core/drift/richWindow.ts";
import { codingsOf } from "../../sidecar/core/drift/rowCodes.ts";
import { type Batch, numbersOf } from "../../sidecar/core/drift/table.ts";
import { descriptorsOf } from "../../sidecar/core/drift/text.ts";
import { type Random, seeded } from "../support/random.ts";

const words = "pain knee left mild after long walk rest helps night stairs swelling".split(" ");

function columns(random: Random, rows: number): Readonly<Record<string, readonly unknown[]>> {
  return {
    note: Array.from({ length: rows }, () =>
      Array.from({ length: 6 }, () => words[Math.floor(random.next() * words.length)]).join(" "),
    ),
    vector: Array.from({ length: rows }, () => [gaussian(random), gaussian(random), 3]),
  };
}

function batchOf(of: Readonly<Record<string, readonly unknown[]>>): Batch {
  const all = Object.values(of);
  const read = async (column: number) => all[column] ?? [];
  return {
    columns: Object.keys(of),
    firstRow: 1,
    rows: all[0]?.length ?? 0,
    read,
    readNumbers: async (column) => numbersOf(await read(column)),
  };
}

async function profilesOf(
  batches: readonly Batch[],
  odd: (index: number, value: unknown) => void = () => assert.fail("nothing is odd"),
): Promise<RichProfiles> {
  const samples = [
    startRich("text", { name: "note", column: 0, seed: 1 }),
    startRich("embedding", { name: "vector", column: 1, seed: 2 }),
  ];
  for (const batch of batches) {
    for (const sample of samples) {
      await addRich(sample, batch, odd);
    }
  }
  return richProfiles(samples, new Map([["note", "$.text"]]));
}

const profiles = await profilesOf([
  batchOf(columns(seeded(61), 300)),
  batchOf(columns(seeded(62), 300)),
]);

test("texts and vectors become profiles, and a text's numbers features", () => {
  assert.deepEqual(
    profiles.texts.map(({ name, path }) => ({ name, path })),
    [{ name: "note", path: "$.text" }],
  );
  assert.deepEqual(
    profiles.embeddings.map(({ name, dimensions, n }) => ({ name, dimensions, n })),
    [{ name: "vector", dimensions: 3, n: 600 }],
  );
  assert.deepEqual(
    profiles.features.map(({ name, text, n, missing }) => ({ name, text, n, missing })),
    DESCRIPTORS.map((of) => ({ name: `note.${of}`, text: "note", n: 300, missing: 0 })),
  );
});

test("the numbers of texts are no part of the view on all features together", () => {
  const [number] = profiles.features;
  assert(number !== undefined);
  const { text: _, ...own }: FeatureProfile = number;
  assert.equal(codingsOf([own, own, ...profiles.features]).length, 2);
});

test("what a column does not hold is told, and does not count", async () => {
  const told: unknown[] = [];
  const odd = { note: [1, null, "", "a text"], vector: [[1, 2, 3], [1], "x", undefined] };
  const found = await profilesOf([batchOf(odd)], (index, value) => told.push([index, value]));
  assert.deepEqual(told, [
    [0, 1],
    [1, [1]],
    [2, "x"],
  ]);
  assert.deepEqual(found, { texts: [], embeddings: [], features: [] });
});

test("a column without vectors, or with too long ones, has no profile", async () => {
  const long = new Array(5_000).fill(1);
  const found = await profilesOf(
    [batchOf({ note: [], vector: Array.from({ length: 100 }, () => long) })],
    () => {},
  );
  assert.deepEqual(found.embeddings, []);
});

test("a batch gets its texts' numbers as further columns", async () => {
  const rich = richOf(profiles);
  const given = columns(seeded(63), 40);
  const batch = await addRichBatch(rich, startRichWindow(rich, 3), batchOf(given));
  assert.deepEqual(batch.columns, ["note", "vector", ...DESCRIPTORS.map((of) => `note.${of}`)]);
  const [text] = profiles.texts;
  assert(text !== undefined);
  for (const [row, note] of (given.note ?? []).entries()) {
    const numbers = descriptorsOf(text, String(note));
    for (const [index, descriptor] of DESCRIPTORS.entries()) {
      assert.equal((await batch.read(index + 2))[row], numbers[descriptor]);
      assert.equal((await batch.readNumbers(index + 2)).values[row], numbers[descriptor]);
    }
  }
});

test("a batch without the columns counts them as missing", async () => {
  const rich = richOf(profiles);
  const window = startRichWindow(rich, 3);
  const batch = await addRichBatch(rich, window, batchOf({ other: [1, 2] }));
  assert.deepEqual([...(await batch.readNumbers(1)).values], [Number.NaN, Number.NaN]);
  assert.deepEqual(
    assessRich(rich, window).map(({ name, n, missing, drifted }) => ({
      name,
      n,
      missing,
      drifted,
    })),
    [
      { name: "note", n: 0, missing: 2, drifted: false },
      { name: "vector", n: 0, missing: 2, drifted: false },
    ],
  );
});

test("a reference without texts or vectors leaves batches as they are", async () => {
  const rich = richOf({});
  const window = startRichWindow(rich, 1);
  const batch = batchOf({ a: [1] });
  assert.equal(await addRichBatch(rich, window, batch), batch);
  assert.deepEqual(assessRich(rich, window), []);
});
