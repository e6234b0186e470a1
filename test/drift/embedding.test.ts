import assert from "node:assert/strict";
import { test } from "node:test";
import {
  assessEmbedding,
  cosineDistance,
  EMBEDDING_DEFAULTS,
  type EmbeddingDrift,
} from "../../sidecar/core/drift/assessEmbedding.ts";
import {
  addVector,
  buildEmbedding,
  type Embedding,
  type EmbeddingWindow,
  embeddingOf,
  startEmbedding,
  vectorOf,
} from "../../sidecar/core/drift/embedding.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import { squaredDistance } from "../../sidecar/core/drift/kernelMean.ts";
import { wasserstein } from "../../sidecar/core/drift/wasserstein.ts";
import { close, evidently, inputs } from "../support/oracles.ts";
import { type Random, seeded } from "../support/random.ts";

const DIMENSIONS = 24;

/** Vectors of length 1 about a common direction, in three factors. */
function vectors(random: Random, count: number, turned = 0): readonly number[][] {
  return Array.from({ length: count }, () => {
    const factors = [gaussian(random) + turned, gaussian(random), gaussian(random)];
    const raw = Array.from(
      { length: DIMENSIONS },
      (_, index) => 1 + (factors[index % 3] ?? 0) + 0.5 * gaussian(random),
    );
    const length = Math.sqrt(raw.reduce((sum, value) => sum + value * value, 0));
    return raw.map((value) => value / length);
  });
}

function embedding(given: readonly ArrayLike<number>[]): Embedding {
  const profile = buildEmbedding("words", given, 1);
  assert(profile !== null);
  return embeddingOf(profile);
}

function windowOf(of: Embedding, values: readonly unknown[]): EmbeddingWindow {
  const window = startEmbedding(of);
  for (const value of values) {
    addVector(of, window, value);
  }
  return window;
}

function assess(of: Embedding, values: readonly unknown[]): EmbeddingDrift | null {
  return assessEmbedding(of, windowOf(of, values));
}

const reference = embedding(vectors(seeded(41), 2_000));

function columnsOf(rows: readonly (readonly number[])[]): readonly (readonly number[])[] {
  return (rows[0] ?? []).map((_, index) => rows.map((row) => row[index] ?? 0));
}

test("distances of mean vectors and the share of components equal Evidently's", () => {
  const [columns, currents] = [columnsOf(inputs.emb_ref), columnsOf(inputs.emb_cur)];
  const mean = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value / values.length, 0);
  const [from, to] = [columns.map(mean), currents.map(mean)];
  close(Math.sqrt(squaredDistance(from, to)), evidently.embedding.mean_distance.euclidean);
  close(cosineDistance(from, to), evidently.embedding.mean_distance.cosine);
  const drifted = columns.filter((column, index) => {
    const center = mean(column);
    const std = Math.sqrt(mean(column.map((value) => (value - center) ** 2)));
    const current = (currents[index] ?? []).toSorted((a, b) => a - b);
    return (
      wasserstein(
        column.toSorted((a, b) => a - b),
        current,
      ) /
        std >=
      0.1
    );
  });
  assert.equal(
    drifted.length / columns.length,
    evidently.embedding.ratio_wasserstein_share_drifted,
  );
});

test("a window on the profile has the distances of its vectors", () => {
  const repeated = (rows: readonly number[][]) =>
    Array.from({ length: 60 }, (_, i) => rows[i % rows.length] ?? []);
  const same = embedding([...repeated(inputs.emb_ref.slice(0, 20))]);
  const found = assess(same, repeated(inputs.emb_cur));
  const mean = (rows: readonly number[][]) =>
    columnsOf(rows).map((values) => values.reduce((sum, value) => sum + value / values.length, 0));
  const [from, to] = [mean(inputs.emb_ref.slice(0, 20)), mean(inputs.emb_cur)];
  close(found?.euclidean ?? 0, Math.sqrt(squaredDistance(from, to)));
  close(found?.cosine ?? 0, cosineDistance(from, to));
  assert((found?.componentShare ?? 0) > 0.2);
});

test("at most 1 % of windows of vectors without drift raise an alarm", () => {
  const random = seeded(42);
  let alarms = 0;
  for (const rows of [100, 200, 500]) {
    for (let window = 0; window < 70; window += 1) {
      alarms += assess(reference, vectors(random, rows))?.drifted ? 1 : 0;
    }
  }
  assert(alarms <= 2, `${alarms} of 210`);
});

test("vectors about a mean of zero do not seem turned", () => {
  const random = seeded(43);
  const around = () => Array.from({ length: 8 }, () => gaussian(random));
  const centred = embedding(Array.from({ length: 1_000 }, around));
  for (let window = 0; window < 20; window += 1) {
    const found = assess(centred, Array.from({ length: 100 }, around));
    assert.equal(found?.drifted, false, found?.reasons.join("; "));
  }
});

test("a mean that moves is found, and the alarm says what has moved", () => {
  const found = assess(reference, vectors(seeded(44), 200, 1.5));
  assert.equal(found?.drifted, true);
  assert(found.shift > EMBEDDING_DEFAULTS.distance && found.meanPValue < 1e-6);
  assert(found.componentShare > 0.2 && found.mmd.squared > 0.01);
  assert.equal(found.reasons.filter((reason) => /mean|components|kernel/.test(reason)).length, 3);
});

test("too few vectors, or no dimensions or too many of them, say nothing", () => {
  assert.equal(assess(reference, vectors(seeded(45), 49)), null);
  assert.equal(buildEmbedding("few", vectors(seeded(45), 49), 1), null);
  const rows = (dimensions: number) =>
    Array.from({ length: 50 }, () => new Array(dimensions).fill(1));
  assert.equal(buildEmbedding("none", rows(0), 1), null);
  assert.equal(buildEmbedding("many", rows(4_097), 1), null);
});

test("what is no vector of the right length is missing, and told by its kind", () => {
  const odd = [null, undefined, "1,2", {}, [1, 2], new Array(DIMENSIONS).fill(Number.NaN), [["a"]]];
  const window = windowOf(reference, odd);
  assert.deepEqual(
    { n: window.n, missing: window.missing, problems: window.problems },
    { n: 0, missing: 7, problems: { wrongType: 2, wrongDimensions: 2, notFinite: 1 } },
  );
  assert.equal(vectorOf(["1", "2"], 2), "notFinite");
  assert.deepEqual(vectorOf(Float32Array.of(1, 2), 2), Float32Array.of(1, 2));
});

test("the profile of an embedding and its windows are plain JSON", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(reference.profile)), reference.profile);
  const window = windowOf(reference, vectors(seeded(47), 3));
  assert.deepEqual(JSON.parse(JSON.stringify(window)), window);
});
