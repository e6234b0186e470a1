import assert from "node:assert/strict";
import { test } from "node:test";
import { logDirichletMultinomial } from "../../sidecar/core/dirichlet.ts";
import { thresholdsAt } from "../../sidecar/core/drift/assess.ts";
import { assessRun, logRunEvidence } from "../../sidecar/core/drift/assessRun.ts";
import { binningOf } from "../../sidecar/core/drift/binning.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import type { ReferenceProfile } from "../../sidecar/core/drift/profile.ts";
import { addRow, startCounts } from "../../sidecar/core/drift/window.ts";
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
const anyEffect = { alpha: ALPHA, thresholds: thresholdsAt(1e-9) };

/** At which row of up to 500 a run raised an alarm, looked at after every 25; none where it did not. */
function alarmOf(random: Random, profile: ReferenceProfile, shift: number): number | undefined {
  const binnings = profile.features.map(binningOf);
  const run = startCounts(profile, binnings);
  for (let row = 1; row <= 500; row += 1) {
    const letter = random.next() < 0.7 ? "a" : "b";
    addRow(run, binnings, [gaussian(random) + shift, random.next() ** 2, letter]);
    if (row % 25 === 0 && assessRun(profile, run, anyEffect).length > 0) {
      return row;
    }
  }
  return undefined;
}

for (const rows of [200, 1_000, 5_000]) {
  test(`looked at again and again, few runs against ${rows} rows raise a false alarm (seed ${SEED})`, () => {
    const random = seeded(SEED);
    const runs = Array.from({ length: 200 }, () => {
      const uniform = Array.from({ length: rows }, () => random.next());
      const profile = profileOf([
        numericProfile("x", normals(random, rows)),
        numericProfile(
          "y",
          uniform.map((value) => value ** 2),
        ),
        categoricalProfile(
          "c",
          uniform.map(() => (random.next() < 0.7 ? "a" : "b")),
        ),
      ]);
      return { still: alarmOf(random, profile, 0), moved: alarmOf(random, profile, 1) };
    });
    const falsely = runs.filter(({ still }) => still !== undefined).length;
    assert.ok(falsely <= ALPHA * runs.length, `${falsely} of ${runs.length} runs without drift`);
    assert.ok(runs.every(({ moved }) => moved !== undefined && moved <= 200));
  });
}

const random = seeded(SEED);
const x = numericProfile("x", normals(random, 1_000));
const c = categoricalProfile("c", [...letters(996, "abc"), "d", "e", "f", "g"]);
const profile = profileOf([x, c]);

test("the chances of all sequences of draws from an urn are 1 together", () => {
  const total = [0, 1, 2, 3, 4].reduce((sum, first) => {
    const orders = [1, 4, 6, 4, 1][first] ?? 0;
    return sum + orders * Math.exp(logDirichletMultinomial([first, 4 - first], [0.5, 2]));
  }, 0);
  close(total, 1);
});

test("a run without rows says nothing", () => {
  close(logRunEvidence(x, countsOf(x, [])), 0);
  assert.deepEqual(assessRun(profile, windowOver(profile, [[], []]), anyEffect), []);
});

test("bins of a run do not depend on the run: rare categories and unlisted ones are one, missing values another", () => {
  const counts = countsOf(c, ["a", "a", "b", "d", "e", "new", null]);
  const weights = [332.5, 332.5, 332.5, 4.5, 0.5];
  const around = weights.map((weight) => (30 * weight) / 1_002.5);
  const run = [2, 1, 0, 3, 1];
  close(
    logRunEvidence(c, counts),
    logDirichletMultinomial(run, around) - logDirichletMultinomial(run, weights),
  );
});

test("what has drifted is told with its effect and its chance, and not where the change is too small to matter", () => {
  const run = windowOver(profile, [normals(random, 90, 1), letters(90, "abc")]);
  const found = assessRun(profile, run, { alpha: 1e-6, thresholds: thresholdsAt(0.1) });
  assert.deepEqual(
    found.map(({ name }) => name),
    ["x"],
  );
  assert.match(
    found[0]?.reason ?? "",
    /^PSI is [\d.]+, at least 0\.1; without drift 90 rows show as much with a chance below 1e-12$/,
  );
  assert.deepEqual(assessRun(profile, run, { alpha: 1e-6, thresholds: thresholdsAt(5) }), []);
  const unjudged = { ...thresholdsAt(0.1), psi: null };
  assert.deepEqual(assessRun(profile, run, { alpha: 1e-6, thresholds: unjudged }), []);
});
