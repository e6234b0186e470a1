import assert from "node:assert/strict";
import { test } from "node:test";
import { logBelow, logBeyond, type RateSums, rateSums } from "../../sidecar/core/evidence/rate.ts";
import { betsAbove, betsBelow, logThreshold } from "../../sidecar/core/evidence/threshold.ts";
import { close, inputs, main } from "../support/oracles.ts";

const expected = main.own_reference_eprocesses;

function sumsAfter(margin: number, batches: number): RateSums {
  const given: readonly (readonly [number, number, number, number])[] = inputs.canary_batches;
  const block = given.slice(0, batches).map(([n, k, primaryN, primaryK]) => ({
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
    const points = Object.entries<number>(expected[name].log_e_after_batch);
    assert.equal(points.length, 6);
    for (const [batches, oracle] of points) {
      close(logE(sumsAfter(margin, Number(batches))), oracle);
    }
  });
}

for (const { name, bets } of [
  { name: "threshold_bet H0: mean(bern)<=0.03", bets: betsAbove(0.03) },
  { name: "threshold_bet H0: mean(bern)>=0.15", bets: betsBelow(0.15) },
]) {
  test(`the threshold e-process equals the reference: ${name}`, () => {
    const points = Object.entries<number>(expected[name].log_e_at_n);
    assert.equal(points.length, 5);
    for (const [n, oracle] of points) {
      const seen: readonly number[] = inputs.bern.slice(0, Number(n));
      const k = seen.reduce((sum, one) => sum + one, 0);
      close(logThreshold(bets, { n: Number(n), k }), oracle);
    }
  });
}
