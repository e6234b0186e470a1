import assert from "node:assert/strict";
import { test } from "node:test";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { ANOMALIES_MAX, type Anomaly } from "../../sidecar/core/rollout/state.ts";
import { eventsOf } from "../../sidecar/core/watch/anomalies.ts";
import { openWatch, watchCases } from "../../sidecar/core/watch/watch.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const isAbout = (name: string): boolean => name.startsWith("drift ");

function anomalies(count: number): readonly Anomaly[] {
  return Array.from({ length: count }, (_, index) => ({
    name: `drift f${index}`,
    sinceMs: 1,
    reason: "odd",
  }));
}

for (const going of [0, 1, ANOMALIES_MAX - 1, ANOMALIES_MAX, ANOMALIES_MAX + 2]) {
  test(`while ${going} anomalies go on, no more are raised than there is room for`, () => {
    const findings = anomalies(250).map(({ name, reason }) => ({ name: `${name}x`, reason }));
    const { events } = eventsOf(
      { isAbout: () => false, findings },
      { anomalies: anomalies(going), quiet: {} },
      2,
    );
    assert.equal(events.length, Math.max(0, ANOMALIES_MAX - going));
  });
}

test("what is remembered of anomalies that were not found is bounded by those that go on", () => {
  const before = { anomalies: anomalies(ANOMALIES_MAX), quiet: {} };
  const { quiet, events } = eventsOf({ isAbout, findings: [] }, before, 2);
  assert.equal(Object.keys(quiet).length, ANOMALIES_MAX);
  assert.deepEqual(events, []);
});

test("errors are no anomaly more where there is no room for one", () => {
  const plan: Plan = {
    ...planWith([errorRate]),
    labels: { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "1" },
  };
  const cases: readonly MaturedCase[] = Array.from({ length: 2_000 }, (_, index) => ({
    id: `${index}`,
    atMs: 1_000 + index,
    label: 1,
    predictions: { candidate: { version: "v2", atMs: 1_000, label: index < 1_000 ? 1 : 0 } },
  }));
  const raisedAmong = (going: number) =>
    watchCases(openWatch(plan, undefined, 0), { cases, anomalies: anomalies(going) }, 10_000).map(
      ({ anomaly }) => anomaly,
    );
  assert.deepEqual(raisedAmong(ANOMALIES_MAX - 1), ["errors of v2"]);
  assert.deepEqual(raisedAmong(ANOMALIES_MAX), []);
});
