import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { logBelow, logBeyond, type RateSums, rateSums } from "../../sidecar/core/evidence/rate.ts";
import { betsAbove, betsBelow, logThreshold } from "../../sidecar/core/evidence/threshold.ts";

type Vectors = {
  readonly inputs: {
    readonly canary_batches: readonly [number, number, number, number][];
    readonly bern: readonly number[];
  };
  readonly main: {
    readonly own_reference_eprocesses: Record<
      string,
      {
        readonly log_e_after_batch?: Record<string, number>;
        readonly log_e_at_n?: Record<string, number>;
      }
    >;
  };
};

const vectors = JSON.parse(
  readFileSync(new URL("../vectors/oracles.json", import.meta.url), "utf8"),
) as Vectors;
const expected = vectors.main.own_reference_eprocesses;

function close(actual: number, oracle: number, what: string): void {
  const error = Math.abs(actual - oracle) / Math.max(1, Math.abs(oracle));
  assert(error < 1e-9, `${what}: ${actual} instead of ${oracle}`);
}

function sumsAfter(margin: number, batches: number): RateSums {
  const block = vectors.inputs.canary_batches
    .slice(0, batches)
    .map(([n, k, primaryN, primaryK]) => ({
      candidate: { n, k },
      primary: { n: primaryN, k: primaryK },
    }));
  return rateSums({ margin, tolerance: 0 }, block);
}

for (const { name, margin, logE } of [
  { name: "rr_eprocess rollback H0: RR<=1.25", margin: 1.25, logE: logBeyond },
  { name: "rr_eprocess rollback H0: RR<=1.0", margin: 1, logE: logBeyond },
  { name: "rr_eprocess promote H0: RR>=1.5", margin: 1.5, logE: logBelow },
  { name: "rr_eprocess promote H0: RR>=2.0", margin: 2, logE: logBelow },
]) {
  test(`the ratio e-process equals the reference: ${name}`, () => {
    const points = Object.entries(expected[name]?.log_e_after_batch ?? {});
    assert.equal(points.length, 6);
    for (const [batches, oracle] of points) {
      close(logE(sumsAfter(margin, Number(batches))), oracle, `after ${batches} batches`);
    }
  });
}

for (const { name, bets } of [
  { name: "threshold_bet H0: mean(bern)<=0.03", bets: betsAbove(0.03) },
  { name: "threshold_bet H0: mean(bern)>=0.15", bets: betsBelow(0.15) },
]) {
  test(`the threshold e-process equals the reference: ${name}`, () => {
    const points = Object.entries(expected[name]?.log_e_at_n ?? {});
    assert.equal(points.length, 5);
    for (const [n, oracle] of points) {
      const k = vectors.inputs.bern.slice(0, Number(n)).reduce((sum, one) => sum + one, 0);
      close(logThreshold(bets, { n: Number(n), k }), oracle, `after ${n}`);
    }
  });
}
