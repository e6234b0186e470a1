import assert from "node:assert/strict";
import { test } from "node:test";
import { binningOf } from "../../sidecar/core/drift/binning.ts";
import { gaussian } from "../../sidecar/core/drift/gaussian.ts";
import type { FeatureProfile } from "../../sidecar/core/drift/profile.ts";
import {
  addToStreams,
  changesIn,
  lookAtStreams,
  STREAMS_MAX,
  type Stream,
  startStreams,
  streamSources,
  takeChanges,
} from "../../sidecar/core/drift/streams.ts";
import { addRow, startCounts } from "../../sidecar/core/drift/window.ts";
import {
  categoricalProfile,
  letters,
  normals,
  numericProfile,
  profileOf,
} from "../support/features.ts";
import { type Random, seeded } from "../support/random.ts";

const ADWIN_ALONE = { adwin: true, pageHinkley: false };
const BOTH = { adwin: true, pageHinkley: true };
const built = seeded(71);
const features: readonly FeatureProfile[] = [
  numericProfile("x", normals(built, 2_000)),
  categoricalProfile("ward", letters(2_000, "abc")),
  { ...categoricalProfile("label", letters(2_000, "yyyn")), role: "prediction" },
];
const profile = profileOf(features);
const binnings = features.map(binningOf);
const sources = streamSources(features, BOTH);

/** Adds rows to streams, and looks at them after each hundred; returns how often one changed. */
function feed(
  streams: readonly Stream[],
  rows: number,
  { draw, alpha }: { readonly draw: () => readonly unknown[]; readonly alpha: number },
): number {
  const counts = startCounts(profile, binnings);
  let changes = 0;
  for (let row = 1; row <= rows; row += 1) {
    addToStreams(sources, streams, addRow(counts, binnings, draw()));
    if (row % 100 === 0) {
      lookAtStreams(streams, alpha);
      changes += takeChanges(sources, streams).length;
    }
  }
  return changes;
}

/** Rows of x, ward and label. */
function person(random: Random, shift = 0, ill = 0.25): () => readonly unknown[] {
  return () => [gaussian(random) + shift, "a", random.next() < ill ? "n" : "y"];
}

test("streams are what is measured and what is predicted, predictions first, up to a bound", () => {
  assert.deepEqual(
    sources.map(({ name, index }) => [name, index]),
    [
      ["label", 2],
      ["x", 0],
    ],
  );
  const many = Array.from({ length: STREAMS_MAX }, (_, index) =>
    numericProfile(`x${index}`, [1, 2]),
  );
  const watched = streamSources([...many, ...features], BOTH).map(({ name }) => name);
  assert.equal(watched.length, STREAMS_MAX);
  assert.equal(watched[0], "label");
  assert.deepEqual(streamSources(features, { adwin: false, pageHinkley: false }), []);
});

test("a value's place is the share of the reference's values below the middle of its bin", () => {
  const places = sources[1]?.places ?? [];
  assert.ok(places.every((place, bin) => place > (places[bin - 1] ?? 0) && place < 1));
  const mean = places.reduce((sum, place) => sum + place, 0) / places.length;
  assert.ok(Math.abs(mean - 0.5) < 0.01, `${mean}`);
});

test("streams that do not change raise alarms no more often than their chance says", () => {
  const random = seeded(72);
  const streams = startStreams(sources, ADWIN_ALONE);
  const looks = 2_000;
  const alpha = 0.01;
  const alarms = feed(streams, 100 * looks, { draw: person(random), alpha });
  assert.ok(alarms <= looks * alpha, `${alarms} alarms of ${looks} looks`);
});

test("Page-Hinkley calls an unchanged stream changed about once in 40,000 values, so it is off unless asked for", () => {
  const random = seeded(73);
  const streams = startStreams(sources, { adwin: false, pageHinkley: true });
  const alarms = feed(streams, 200_000, { draw: person(random), alpha: 0 });
  assert.ok(alarms > 2 && alarms < 25, `${alarms} alarms of 400,000 values`);
});

test("a shift of half a standard deviation, and a prediction that becomes more frequent, are found by both soon", () => {
  const rules = [ADWIN_ALONE, { adwin: false, pageHinkley: true }];
  for (const detectors of rules) {
    const random = seeded(74);
    const streams = startStreams(sources, detectors);
    feed(streams, 3_000, { draw: person(random), alpha: 1e-6 });
    const changes = feed(streams, 1_000, { draw: person(random, 0.5, 0.6), alpha: 1e-6 });
    assert.ok(changes >= 2, `${changes} changes`);
  }
});

test("a change is told with both means, until it is taken", () => {
  const random = seeded(75);
  const streams = startStreams(sources, ADWIN_ALONE);
  feed(streams, 2_000, { draw: person(random), alpha: 1e-6 });
  const counts = startCounts(profile, binnings);
  for (let row = 0; row < 600; row += 1) {
    addToStreams(sources, streams, addRow(counts, binnings, person(random, 1)()));
  }
  lookAtStreams(streams, 1e-6);
  const [change] = changesIn(sources, streams);
  assert.equal(change?.name, "x");
  assert.match(
    change?.reason ?? "",
    /^ADWIN: the mean place of values in the reference is 0\.7\d*, was 0\.5\d*$/,
  );
  assert.deepEqual(takeChanges(sources, streams), [change]);
  assert.deepEqual(changesIn(sources, streams), []);
});

test("a missing value is no part of a stream", () => {
  const streams = startStreams(sources, BOTH);
  feed(streams, 100, { draw: () => [null], alpha: 0.01 });
  assert.deepEqual(streams, startStreams(sources, BOTH));
});

test("streams go on from their JSON as if they had not stopped, and stay small", () => {
  const [one, other] = [seeded(76), seeded(76)];
  const whole = startStreams(sources, BOTH);
  const begun = startStreams(sources, BOTH);
  feed(whole, 20_000, { draw: person(one), alpha: 0.01 });
  feed(begun, 20_000, { draw: person(other), alpha: 0.01 });
  const restored: readonly Stream[] = JSON.parse(JSON.stringify(begun));
  feed(whole, 5_000, { draw: person(one, 0.5), alpha: 0.01 });
  feed(restored, 5_000, { draw: person(other, 0.5), alpha: 0.01 });
  assert.deepEqual(restored, whole);
  assert.ok(JSON.stringify(whole).length < 10_000 * sources.length);
});
