import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  offerRow,
  type RowSample,
  sampledRows,
  startSample,
} from "../../sidecar/core/drift/rowSample.ts";

function sampleOf(given: { seed: number; rows: number; rowsMax: number }): RowSample<string> {
  const sample = startSample<string>(given);
  for (let row = 0; row < given.rows; row += 1) {
    offerRow(sample, () => `${given.seed}:${row}`);
  }
  return sample;
}

test("a sample holds all rows while there are few, and never more than it may", () => {
  fc.assert(
    fc.property(fc.nat(300), fc.integer({ min: 1, max: 50 }), (rows, rowsMax) => {
      const sample = sampleOf({ seed: 1, rows, rowsMax });
      assert.equal(sampledRows(sample).length, Math.min(rows, rowsMax));
      assert.equal(new Set(sampledRows(sample)).size, Math.min(rows, rowsMax));
      assert(sample.kept.length < 2 * rowsMax);
      assert.equal(sample.rows, rows);
    }),
  );
});

test("every row is as likely to be sampled, the last as the first", () => {
  const tenths = new Array<number>(10).fill(0);
  for (let seed = 0; seed < 200; seed += 1) {
    for (const row of sampledRows(sampleOf({ seed, rows: 1_000, rowsMax: 50 }))) {
      const tenth = Math.floor(Number(row.split(":")[1]) / 100);
      tenths[tenth] = (tenths[tenth] ?? 0) + 1;
    }
  }
  // 1,000 each are expected, with a deviation of 30.
  assert(
    tenths.every((count) => Math.abs(count - 1_000) < 130),
    tenths.join(" "),
  );
});

test("rows that do not enter the sample are never made", () => {
  const sample = startSample<number>({ seed: 4, rowsMax: 100 });
  let made = 0;
  for (let row = 0; row < 100_000; row += 1) {
    offerRow(sample, () => {
      made += 1;
      return row;
    });
  }
  assert(made < 2_000, `${made}`);
});
