import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCounts } from "../../bench/rig/counts.ts";
import { deliveryOf } from "../../bench/scenarios/shadow.ts";

const METRICS = `# HELP understudy_observations_total Observations received, by what became of them.
# TYPE understudy_observations_total counter
understudy_observations_total{outcome="pair"} 1.2e+2
understudy_observations_total{outcome="single"} 3
understudy_rollout_pairs{rollout="bench-shadow"} 12
understudy_filter_drops_total{reason="no-credit"} 5
understudy_filter_drops_total{reason="headers"} 0
understudy_batches_lost_total 1
`;

test("counts are sums over labels, and of drops only those that happened", () => {
  const drops = { 'filter_drops reason="no-credit"': 5, batches_lost: 1 };
  assert.deepEqual(parseCounts(METRICS), { observations: 123, pairs: 120, drops });
});

test("a sidecar that has received nothing counts zero", () => {
  assert.deepEqual(parseCounts(""), { observations: 0, pairs: 0, drops: {} });
});

test("what was delivered and dropped in between is the difference of two counts", () => {
  const before = { observations: 10, pairs: 10, drops: { queue: 2, credit: 1 } };
  const after = { observations: 110, pairs: 105, drops: { queue: 7, credit: 1 } };
  const expected = { sent: 100, pairs: 95, deliveredShare: 0.95, drops: { queue: 5 } };
  assert.deepEqual(deliveryOf(100, before, after), expected);
});
