import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { keeps, startThinning } from "../../sidecar/core/watch/thinning.ts";
import { seeded } from "../support/random.ts";

const SECONDS = 20;

/** What is kept of `perSecond` that come evenly for some seconds, by the second, and by the place in it. */
function keptOf(perSecond: number, perSecondMax: number): readonly number[][] {
  const random = seeded(5);
  const thinning = startThinning(0);
  return Array.from({ length: SECONDS }, (_, second) =>
    Array.from({ length: perSecond }, (__, index) => index).filter((index) =>
      keeps(thinning, {
        nowMs: second * 1000 + Math.floor((index * 1000) / perSecond),
        luck: random.next(),
        perSecondMax,
      }),
    ),
  );
}

test("all are kept while they come no faster than the bound", () => {
  assert.deepEqual(
    keptOf(100, 100).map((kept) => kept.length),
    Array.from({ length: SECONDS }, () => 100),
  );
});

test("of what comes faster no more than the bound is kept in any second, and nearly that many", () => {
  const kept = keptOf(2000, 500).map(({ length }) => length);
  assert.ok(Math.max(...kept) <= 500, `at most ${Math.max(...kept)}`);
  assert.ok(Math.min(...kept) > 400, `at least ${Math.min(...kept)}`);
});

test("what is kept is spread evenly over each second, once the rate is known", () => {
  const places = keptOf(2000, 500).slice(1).flat();
  const firstHalf = places.filter((place) => place < 1000).length / places.length;
  assert.ok(Math.abs(firstHalf - 0.5) < 0.03, `${firstHalf} of it in the first halves`);
});

test("however they come, no second keeps more than the bound", () => {
  fc.assert(
    fc.property(
      fc.array(fc.nat({ max: 400 }), { maxLength: 300 }),
      fc.integer({ min: 1, max: 20 }),
      (gapsMs, perSecondMax) => {
        const thinning = startThinning(0);
        let nowMs = 0;
        const keptAt = new Map<number, number>();
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          const kept = keeps(thinning, { nowMs, luck: 0, perSecondMax });
          keptAt.set(thinning.sinceMs, (keptAt.get(thinning.sinceMs) ?? 0) + Number(kept));
        }
        assert.ok([...keptAt.values()].every((kept) => kept <= perSecondMax));
      },
    ),
  );
});
