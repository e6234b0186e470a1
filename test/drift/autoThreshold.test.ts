import assert from "node:assert/strict";
import { test } from "node:test";
import { DRIFT } from "../../sidecar/core/drift/assess.ts";
import { autoThresholds } from "../../sidecar/core/drift/autoThreshold.ts";
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
const x = numericProfile("x", normals(random, 3_000));
const c = categoricalProfile("c", letters(1_000, "abcd"));

test("automatic thresholds are what the reference's own chunks hardly exceed", () => {
  const chunks = Array.from({ length: 20 }, () => countsOf(x, normals(random, 200)));
  const found = autoThresholds(x, chunks);
  assert.deepEqual([found.chunks, found.chunkRows], [20, 200]);
  const feature = { ...x, autoThresholds: found };
  const settings = { ...DRIFT, thresholds: "auto" } as const;
  for (const [effect, threshold] of Object.entries({ psi: found.psi, ks: found.ks })) {
    assert.ok(threshold !== null && threshold > 0.05 && threshold < 0.2, `${effect} ${threshold}`);
  }
  assert.equal(assessFeature(feature, countsOf(x, normals(random, 500)), settings).drifted, false);
  assert.equal(
    assessFeature(feature, countsOf(x, normals(random, 500, 0.6)), settings).drifted,
    true,
  );
});

test("a seasonal reference sets its own thresholds high", () => {
  const days = Array.from({ length: 20 }, (_, day) => normals(random, 200, day % 2));
  const reference = numericProfile("x", days.flat());
  const chunks = days.map((day) => countsOf(reference, day));
  const feature = { ...reference, autoThresholds: autoThresholds(reference, chunks) };
  const window = countsOf(reference, normals(random, 1_000, 1));
  assert.equal(assessFeature(feature, window).drifted, true);
  assert.equal(assessFeature(feature, window, { ...DRIFT, thresholds: "auto" }).drifted, false);
});

test("too few chunks set no threshold, and the plain ones hold", () => {
  const chunks = Array.from({ length: 9 }, () => countsOf(c, letters(100, "abcd")));
  const found = autoThresholds(c, chunks);
  assert.deepEqual([found.psi, found.ks, found.js, found.wasserstein], [null, null, null, null]);
  const feature = { ...c, autoThresholds: found };
  const settings = { ...DRIFT, thresholds: "auto" } as const;
  const drift = assessFeature(feature, countsOf(c, letters(500, "ab")), settings);
  assert.equal(drift.drifted, true);
  assert.deepEqual(drift.reasons.slice(1), ["no automatic threshold in the profile: 0.1 holds"]);
});
