import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { MaturedCase } from "../../sidecar/core/performance/maturity.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { Watcher } from "../../sidecar/loop/watcher.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const plan: Plan = {
  ...planWith([errorRate]),
  labels: { horizonMs: 1_000, missing: "exclude", coverage: 0.8, positive: "1" },
};

/** Requests of which the candidate predicted some wrongly. */
function cases(count: number, isWrong: (index: number) => boolean): readonly MaturedCase[] {
  return Array.from({ length: count }, (_, index) => ({
    id: `${index}`,
    atMs: 1_000 + index,
    label: 1,
    predictions: { candidate: { version: "v2", atMs: 1_000, label: isWrong(index) ? 0 : 1 } },
  }));
}

const wrongForAWhile = cases(3_000, (index) => index >= 1_000 && index < 2_000);

const started: RolloutState = evolve(
  undefined,
  start(plan, {
    nowMs: 0,
    by: "test",
    evidence: emptyEvidence(plan),
    previous: undefined,
    generationInForce: 0,
  }),
);

test("an anomaly that comes and goes between two saves is logged once, both ways", () => {
  const watcher = new Watcher(plan, undefined, 0);
  watcher.count(wrongForAWhile, started, 10_000);
  const events = watcher.offer();
  assert.deepEqual(
    events.map(({ kind, anomaly }) => [kind, anomaly]),
    [
      ["anomaly-raised", "errors of v2"],
      ["anomaly-resolved", "errors of v2"],
    ],
  );
  watcher.confirmed();
  assert.equal(watcher.hasEvents, false);
  assert.deepEqual(events.reduce(evolve, started).anomalies, []);
});

test("what was offered is offered again until the store has it, and what came since after that", () => {
  const watcher = new Watcher(plan, undefined, 0);
  watcher.count(wrongForAWhile.slice(0, 2_000), started, 10_000);
  const first = watcher.offer();
  assert.deepEqual(
    first.map(({ kind }) => kind),
    ["anomaly-raised"],
  );
  assert.deepEqual(watcher.offer(), first);
  watcher.count(wrongForAWhile.slice(2_000), started, 10_000);
  watcher.confirmed();
  const rest = watcher.offer();
  assert.deepEqual(
    rest.map(({ kind }) => kind),
    ["anomaly-resolved"],
  );
  assert.deepEqual([...first, ...rest].reduce(evolve, started).anomalies, []);
});
