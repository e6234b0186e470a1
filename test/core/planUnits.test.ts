import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { formatDuration, parseDuration } from "../../sidecar/core/plan/duration.ts";
import { formatBasisPoints, parsePercentage } from "../../sidecar/core/plan/percentage.ts";

test("a duration, formatted and parsed, is the same number of milliseconds", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10 ** 12 }), (milliseconds) => {
      assert.equal(parseDuration(formatDuration(milliseconds)), milliseconds);
    }),
  );
});

const durations = [
  { given: "250ms", expected: 250 },
  { given: "5s", expected: 5000 },
  { given: "5m", expected: 300_000 },
  { given: "1h", expected: 3_600_000 },
  { given: "1h30m", expected: 5_400_000 },
  { given: "2m5s10ms", expected: 125_010 },
  { given: "90s", expected: 90_000 },
  { given: "0s", expected: 0 },
  { given: "", expected: undefined },
  { given: "5", expected: undefined },
  { given: "5 s", expected: undefined },
  { given: "-5s", expected: undefined },
  { given: "1.5s", expected: undefined },
  { given: "1e3s", expected: undefined },
  { given: "5s1m", expected: undefined },
  { given: "5d", expected: undefined },
  { given: "s", expected: undefined },
  { given: "5s\n", expected: undefined },
  { given: "99999999999h", expected: undefined },
];

for (const { given, expected } of durations) {
  test(`the duration ${JSON.stringify(given)} is ${expected}`, () => {
    assert.equal(parseDuration(given), expected);
  });
}

test("a duration is formatted as shortly as can be", () => {
  const texts = [0, 1, 1000, 90_000, 3_600_000, 5_400_001].map(formatDuration);
  assert.deepEqual(texts, ["0s", "1ms", "1s", "1m30s", "1h", "1h30m1ms"]);
});

test("a share, formatted and parsed, is the same, exactly", () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), (basisPoints) => {
      assert.equal(parsePercentage(formatBasisPoints(basisPoints)), basisPoints * 100);
    }),
  );
});

const percentages = [
  { given: "5%", expected: 50_000 },
  { given: "2.5%", expected: 25_000 },
  { given: "0.07%", expected: 700 },
  { given: "0.0001%", expected: 1 },
  { given: "100%", expected: 1_000_000 },
  { given: "5.00%", expected: 50_000 },
  { given: "5", expected: undefined },
  { given: "05%", expected: undefined },
  { given: ".5%", expected: undefined },
  { given: "5.%", expected: undefined },
  { given: "-5%", expected: undefined },
  { given: "5 %", expected: undefined },
  { given: "1e1%", expected: undefined },
  { given: "0.00001%", expected: undefined },
  { given: "٥%", expected: undefined },
  { given: "5%\n", expected: undefined },
];

for (const { given, expected } of percentages) {
  test(`the percentage ${JSON.stringify(given)} is ${expected} millionths`, () => {
    assert.equal(parsePercentage(given), expected);
  });
}
