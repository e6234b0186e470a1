import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { rejectionLevel } from "../../sidecar/core/drift/benjaminiHochberg.ts";
import { type Correction, correctedPValues } from "../support/corrections.ts";
import { seeded } from "../support/random.ts";

const corrections: readonly Correction[] = [
  "benjaminiHochberg",
  "benjaminiYekutieli",
  "holm",
  "bonferroni",
];
const pValues = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 30 });

for (const correction of corrections) {
  test(`${correction} never lowers a p-value, keeps their order, and does not see the order of the tests`, () => {
    fc.assert(
      fc.property(pValues, (given) => {
        const found = correctedPValues(given, correction);
        assert.ok(found.every((p, index) => p >= (given[index] ?? 2) - 1e-15 && p <= 1));
        const byGiven = found
          .map((p, index) => ({ p, given: given[index] ?? 0 }))
          .sort((a, b) => a.given - b.given);
        assert.ok(byGiven.every(({ p }, index) => p >= (byGiven[index - 1]?.p ?? 0)));
        assert.deepEqual(correctedPValues(given.toReversed(), correction).toReversed(), found);
      }),
    );
  });
}

test("each correction is at least as strict as the one before it", () => {
  fc.assert(
    fc.property(pValues, (given) => {
      const [discovery = [], , holm = [], bonferroni = []] = corrections.map((correction) =>
        correctedPValues(given, correction),
      );
      for (const [index, p] of bonferroni.entries()) {
        assert.ok(p >= (holm[index] ?? 2) && (holm[index] ?? 0) >= (discovery[index] ?? 2));
      }
    }),
  );
});

test("the level rejects exactly the tests whose corrected p-values do", () => {
  fc.assert(
    fc.property(pValues, (given) => {
      const found = rejectionLevel(given, 0.2);
      fc.pre(given.every((p) => Math.abs(p - found) > 1e-12));
      assert.deepEqual(
        given.map((p) => p <= found),
        correctedPValues(given, "benjaminiHochberg").map((p) => p <= 0.2),
      );
    }),
  );
});

test("where nothing changed, alarms come as rarely as the level says", () => {
  const random = seeded(7);
  const checks = 20_000;
  let alarms = 0;
  for (let check = 0; check < checks; check += 1) {
    const given = Array.from({ length: 20 }, () => random.next());
    const level = rejectionLevel(given, 0.01);
    alarms += given.some((p) => p <= level) ? 1 : 0;
  }
  // The chance of 0.01 exactly, so 200 alarms; 5 standard deviations are 70.
  assert.ok(Math.abs(alarms - 200) < 70, `${alarms} alarms`);
});
