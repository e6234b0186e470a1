import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import {
  loadModel,
  readArtefact,
  readMetrics,
  VERSIONS,
  type Version,
} from "../../examples/patient-risk/model.ts";

const ARTEFACT_BYTES_MAX = 150_000;
const PROBABILITY_TOLERANCE = 1e-5;
const metrics = await readMetrics();

/** What scikit-learn predicted for serving rows, as train.py wrote it: features, then the risk by v1, v2, v3. */
async function readSamples(): Promise<Record<string, number>[]> {
  const file = new URL("../../examples/patient-risk/models/samples.csv", import.meta.url);
  const [head = "", ...lines] = (await readFile(file, "utf8")).trim().split("\n");
  const names = head.split(",");
  return lines.map((line) => {
    const values = line.split(",").map(Number);
    return Object.fromEntries(names.map((name, index) => [name, values[index] ?? Number.NaN]));
  });
}

async function predictSamples(
  version: Version,
): Promise<{ readonly labels: readonly number[]; readonly probabilities: readonly number[] }> {
  const samples = await readSamples();
  const names = Object.keys(metrics.features);
  const values = samples.flatMap((sample) => names.map((name) => sample[name] ?? Number.NaN));
  const model = await loadModel(version);
  return model.predict(Float32Array.from(values), samples.length);
}

test("each artefact is small and has the committed hash", async () => {
  for (const { file, bytes, sha256 } of Object.values(metrics.models)) {
    const content = await readArtefact(file);
    assert.ok(content.length <= ARTEFACT_BYTES_MAX, `${file} has ${content.length} bytes`);
    assert.equal(content.length, bytes);
    assert.equal(createHash("sha256").update(content).digest("hex"), sha256);
  }
});

for (const [version, reference] of [
  ["v1", "v1"],
  ["v2", "v2"],
  ["v3", "v3"],
  ["v4", "v2"],
] as const) {
  test(`${version} predicts what scikit-learn predicted`, async () => {
    const samples = await readSamples();
    const { labels, probabilities } = await predictSamples(version);
    const { threshold } = metrics.models[version === "v1" ? "v1" : "v2"];
    assert.equal(probabilities.length, 200);
    for (const [index, sample] of samples.entries()) {
      const difference = Math.abs((probabilities[index] ?? Number.NaN) - (sample[reference] ?? 0));
      assert.ok(difference <= PROBABILITY_TOLERANCE, `row ${index} differs by ${difference}`);
      assert.equal(labels[index], Number((sample[reference] ?? 0) >= threshold));
    }
  });
}

test("a few decisions differ between v1 and v2, many between v2 and v3", async () => {
  const [v1, v2, v3] = await Promise.all(VERSIONS.map((version) => predictSamples(version)));
  const flips = (one: readonly number[] = [], other: readonly number[] = []): number =>
    one.filter((label, index) => label !== other[index]).length / one.length;
  assert.ok(flips(v1?.labels, v2?.labels) < 0.12);
  assert.ok(flips(v2?.labels, v3?.labels) > 0.25);
});
