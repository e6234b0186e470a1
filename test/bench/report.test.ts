import assert from "node:assert/strict";
import { test } from "node:test";
import {
  formatTable,
  LIMITS,
  makeReport,
  missedLimits,
  type Result,
  verdict,
} from "../../bench/report.ts";

const result = (measurement: Result["measurement"], ratio: number): Result => ({
  measurement,
  ratio,
  figures: `figures of ${measurement}`,
  raw: { rounds: [ratio] },
});

test("the report has a ratio for each figure that was measured, and what it was made of", () => {
  const report = makeReport([result("split", 1.23456), result("memory", 1)], { machine: "m" });
  assert.deepEqual(report.ratios, { split: 1.235, memory: 1 });
  const raw = {
    machine: "m",
    limits: LIMITS,
    split: { doubt: undefined, rounds: [1.23456] },
    memory: { doubt: undefined, rounds: [1] },
  };
  assert.deepEqual(report.raw, raw);
});

test("a figure at its limit is within it; one above, or none, misses it", () => {
  const results = [
    result("split", LIMITS.split),
    result("shadow", LIMITS.shadow + 0.001),
    result("sidecar", Number.NaN),
  ];
  assert.deepEqual(missedLimits(results), ["shadow", "sidecar"]);
});

test("the table shows each ratio beside its limit, and marks the missed ones", () => {
  const table = formatTable([result("split", 1.25), result("shadow", 1.5)]);
  assert.match(table, /split +1\.250 +<= 1\.30 +ok +figures of split/);
  assert.match(table, /shadow +1\.500 +<= 1\.40 +MISSED +figures of shadow/);
});

test("a figure in doubt says why in the table and in the report", () => {
  const doubtful = { ...result("split", 1.25), doubt: "another load" };
  assert.match(formatTable([doubtful]), /In doubt: another load/);
  assert.match(JSON.stringify(makeReport([doubtful], {})), /"doubt":"another load"/);
});

test("all is within limits only when all that was asked for was measured", () => {
  const [good, bad] = [result("split", LIMITS.split), result("shadow", LIMITS.shadow + 0.1)];
  assert.equal(verdict(["split"], [good]), "Within all limits.");
  assert.equal(verdict(["split", "shadow"], [good, bad]), "Limits missed: shadow.");
  assert.equal(verdict(["split", "idle"], [good]), "Not measured: idle.");
  const both = verdict(["shadow", "idle"], [bad]);
  assert.equal(both, "Limits missed: shadow. Not measured: idle.");
});
