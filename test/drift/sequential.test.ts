import assert from "node:assert/strict";
import { test } from "node:test";
import { binningOf } from "../../sidecar/core/drift/binning.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import type { ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { assessRun, logRunEvidence } from "../../sidecar/core/drift/sequential.ts";
import { addRow, startCounts } from "../../sidecar/core/drift/window.ts";
import { logMismatch } from "../../sidecar/core/evidence/assignments.ts";
import {
  categoricalProfile,
  countsOf,
  letters,
  normals,
  numericProfile,
  profileOf,
  windowOver,
} from "../support/features.ts";
import { close } from "../support/oracles.ts";
import { type Random, seeded } from "../support/random.ts";

const SEED = 3;
const ALPHA = 0.05;
const settings = { alpha: ALPHA, psiMin: 0 };

/** Whether a run of up to 500 rows raised an alarm at any of them. */
function alarms(random: Random, profile: ReferenceProfile, shift: number): boolean {
  const binnings = profile.features.map(binningOf);
  const run = startCounts(profile, binnings);
  for (let row = 0; row < 500; row += 1) {
    const letter = random.next() < 0.7 ? "a" : "b";
    addRow(run, binnings, { x: gaussian(random) + shift, y: random.next() ** 2, c: letter });
    const found = row % 25 === 0 ? assessRun(profile, run, settings).features : [];
    if (found.some(({ drifted }) => drifted)) {
      return true;
    }
  }
  return false;
}

test(`looked at again and again, few runs raise a false alarm, and a shift is found in each (seed ${SEED})`, () => {
  const random = seeded(SEED);
  let [still, moved] = [0, 0];
  for (let reference = 0; reference < 5; reference += 1) {
    const rows = Array.from({ length: 5_000 }, () => random.next());
    const profile = profileOf([
      numericProfile("x", normals(random, 5_000)),
      numericProfile(
        "y",
        rows.map((value) => value ** 2),
      ),
      categoricalProfile(
        "c",
        rows.map(() => (random.next() < 0.7 ? "a" : "b")),
      ),
    ]);
    for (let run = 0; run < 20; run += 1) {
      still += alarms(random, profile, 0) ? 1 : 0;
      moved += alarms(random, profile, 0.5) ? 1 : 0;
    }
  }
  assert.ok(still <= ALPHA * 100, `${still} of 100 runs without drift`);
  assert.equal(moved, 100);
});

const random = seeded(SEED);
const x = numericProfile("x", normals(random, 1_000));
const c = categoricalProfile("c", [...letters(996, "abc"), "d", "e", "f", "g"]);
const profile = profileOf([x, c]);

test("a run ends at a tenth of the reference's rows", () => {
  const columns = (rows: number) => [normals(random, rows), letters(rows, "abc")];
  assert.equal(assessRun(profile, windowOver(profile, columns(99)), settings).ends, false);
  assert.equal(assessRun(profile, windowOver(profile, columns(100)), settings).ends, true);
});

test("a run without rows says nothing", () => {
  const none = windowOver(profile, [[], []]);
  assert.deepEqual(
    assessRun(profile, none, settings).features.map(({ logE, drifted }) => [
      Math.abs(logE),
      drifted,
    ]),
    [
      [0, false],
      [0, false],
    ],
  );
});

test("bins of a run do not depend on the run: rare categories and unlisted ones are one, missing values another", () => {
  const counts = countsOf(c, ["a", "a", "b", "d", "e", "new", null]);
  const shares = [332, 332, 332, 4, 0].map((count) => (count + 0.5) / (1_000 + 2.5));
  close(logRunEvidence(c, counts), logMismatch([2, 1, 0, 3, 1], shares));
});

test("evidence of a change that is too small to matter is no alarm", () => {
  const run = windowOver(profile, [normals(random, 90, 1), letters(90, "abc")]);
  const [found] = assessRun(profile, run, settings).features;
  assert.ok((found?.logE ?? 0) > Math.log(1_000) && found?.drifted === true);
  const [small] = assessRun(profile, run, { alpha: ALPHA, psiMin: 5 }).features;
  assert.equal(small?.drifted, false);
});
