import assert from "node:assert/strict";
import { test } from "node:test";
import { assessDataset, DRIFT, type DriftSettings } from "../../sidecar/core/drift/assess.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import { categoricalProfile, numericProfile, profileOf, windowOver } from "../support/features.ts";
import { type Random, seeded } from "../support/random.ts";

const SEED = 20261122;

/** Populations of what features look like; each draws one value. */
const numbers: Readonly<Record<string, (random: Random) => number>> = {
  normal: gaussian,
  lognormal: (random) => Math.exp(gaussian(random)),
  "heavy tails": (random) => 1 / (1 - random.next()),
  "eight values": (random) => Math.floor(8 * random.next()),
  "rare counts": (random) => random.binomial(3, 0.02),
  "many zeros": (random) => (random.next() < 0.7 ? 0 : gaussian(random) ** 2),
  "3 % missing": (random) => (random.next() < 0.03 ? Number.NaN : gaussian(random)),
  "rarely missing": (random) => (random.next() < 0.0005 ? Number.NaN : gaussian(random)),
};
const categories: Readonly<Record<string, (random: Random) => string | null>> = {
  two: (random) => (random.next() < 0.3 ? "yes" : "no"),
  "a rare one": (random) => (random.next() < 0.003 ? "yes" : "no"),
  four: (random) => `${Math.min(3, Math.floor(-Math.log(1 - random.next())))}`,
  "ninety alike": (random) => `${Math.floor(90 * random.next())}`,
  "a long tail": (random) => `${Math.floor(Math.min(90, 1 / (1 - random.next())))}`,
};

const draws = <T>(count: number, draw: () => T): readonly T[] =>
  Array.from({ length: count }, draw);

/** Features of every population, and a way to draw a window's columns. */
function populations(random: Random, rows: number) {
  const features: readonly FeatureProfile[] = [
    ...Object.entries(numbers).map(([name, draw]) =>
      numericProfile(
        name,
        draws(rows, () => draw(random)),
      ),
    ),
    ...Object.entries(categories).map(([name, draw]) =>
      categoricalProfile(
        name,
        draws(rows, () => draw(random)),
      ),
    ),
  ];
  const all = [...Object.values(numbers), ...Object.values(categories)];
  const columns = (count: number) => all.map((draw) => draws(count, () => draw(random)));
  return { profile: profileOf(features), columns };
}

/** How many features (dataset checks) of how many raised an alarm in windows of what the references are of, too. */
function falseAlarms(random: Random, referenceRows: number, settings: DriftSettings) {
  const seen = { features: 0, featureAlarms: 0, checks: 0, checkAlarms: 0 };
  for (let reference = 0; reference < 25; reference += 1) {
    const { profile, columns } = populations(random, referenceRows);
    for (const rows of [100, 200, 350, 500]) {
      const { features } = assessDataset(profile, windowOver(profile, columns(rows)), settings);
      const alarms = features.filter(({ drifted }) => drifted).length;
      seen.features += features.length;
      seen.featureAlarms += alarms;
      seen.checks += 1;
      seen.checkAlarms += alarms > 0 ? 1 : 0;
    }
  }
  return seen;
}

for (const referenceRows of [500, 5_000]) {
  test(`with no drift and windows of 100 to 500 rows at most 1 % of feature alarms are false, of ${referenceRows} reference rows (seed ${SEED})`, () => {
    const { features, featureAlarms } = falseAlarms(seeded(SEED), referenceRows, DRIFT);
    assert.equal(features, 25 * 4 * 13);
    assert.ok(featureAlarms <= 0.01 * features, `${featureAlarms} of ${features}`);
  });
}

test(`every feature alone holds that bound too, where it is checked without others (seed ${SEED})`, () => {
  const random = seeded(SEED);
  const alarms = new Map<string, number>();
  for (let run = 0; run < 30; run += 1) {
    const { profile, columns } = populations(random, 1_000);
    for (const rows of [100, 200, 350, 500]) {
      const drawn = columns(rows);
      for (const [index, feature] of profile.features.entries()) {
        const alone = profileOf([feature]);
        const { dataset } = assessDataset(alone, windowOver(alone, [drawn[index] ?? []]));
        alarms.set(feature.name, (alarms.get(feature.name) ?? 0) + dataset.share);
      }
    }
  }
  assert.equal(alarms.size, 13);
  assert.deepEqual(
    [...alarms].filter(([, count]) => count > 0.01 * 30 * 4),
    [],
  );
});

test(`a check raises a false alarm no more often than asked for, whatever the thresholds (seed ${SEED})`, () => {
  const anyEffect = { psi: 0, ks: 0, js: 0, wasserstein: 0 };
  const settings = { ...DRIFT, falseAlarmEvery: 10, thresholds: anyEffect };
  const { checks, checkAlarms } = falseAlarms(seeded(SEED), 2_000, settings);
  // One in ten of 100 checks, and three standard deviations.
  assert.ok(checks === 100 && checkAlarms <= 19, `${checkAlarms} of ${checks}`);
});

test(`a mean shift of half a standard deviation at 1,000 rows is found in at least 99 % of windows (seed ${SEED})`, () => {
  const random = seeded(SEED);
  for (const draw of [gaussian, (from: Random) => from.next() * Math.sqrt(12)]) {
    // Among 20 features, so that the correction for many of them takes its part.
    const still = draws(19, () =>
      numericProfile(
        "still",
        draws(2_000, () => gaussian(random)),
      ),
    );
    const profile = profileOf([
      numericProfile(
        "moved",
        draws(2_000, () => draw(random)),
      ),
      ...still,
    ]);
    let found = 0;
    for (let window = 0; window < 100; window += 1) {
      const moved = draws(1_000, () => draw(random) + 0.5);
      const rest = still.map(() => draws(1_000, () => gaussian(random)));
      const { features } = assessDataset(profile, windowOver(profile, [moved, ...rest]));
      found += features[0]?.drifted === true ? 1 : 0;
    }
    assert.ok(found >= 99, `${found} of 100`);
  }
});

test(`a share of 5 % that goes missing, and a new category of 5 %, are found at 500 rows (seed ${SEED})`, () => {
  const random = seeded(SEED);
  const profile = profileOf([
    numericProfile(
      "x",
      draws(2_000, () => gaussian(random)),
    ),
    categoricalProfile(
      "c",
      draws(2_000, () => (random.next() < 0.5 ? "a" : "b")),
    ),
  ]);
  for (let window = 0; window < 50; window += 1) {
    const x = draws(500, () => gaussian(random)).map((value, row) =>
      row % 20 === 0 ? null : value,
    );
    const c = draws(500, () => (random.next() < 0.5 ? "a" : "b")).map((value, row) =>
      row % 20 === 0 ? "z" : value,
    );
    const { features } = assessDataset(profile, windowOver(profile, [x, c]));
    assert.deepEqual(
      features.map(({ drifted }) => drifted),
      [true, true],
    );
  }
});
