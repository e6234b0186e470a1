import assert from "node:assert/strict";
import { test } from "node:test";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { AnomalyEvent, RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve, replay } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const plan = { ...planWith([errorRate]), captureBp: 1_000 };
const evidence = emptyEvidence(plan);
const started = start(plan, {
  nowMs: 1_000,
  by: "test",
  evidence,
  previous: undefined,
  generationInForce: 0,
});
const promoted: RolloutEvent = {
  kind: "promoted",
  atMs: 2_000,
  reason: "good",
  cause: { kind: "command", by: "test" },
  evidence,
  generation: 2,
};

function raised(anomaly: string, atMs = 3_000): AnomalyEvent {
  return { kind: "anomaly-raised", atMs, reason: `${anomaly} is odd`, anomaly };
}

function resolved(anomaly: string, atMs = 4_000): AnomalyEvent {
  return { kind: "anomaly-resolved", atMs, reason: `${anomaly} is as before`, anomaly };
}

test("anomalies of a promoted rollout come and go, and move no traffic", () => {
  const before = replay([started, promoted]);
  const during = replay([started, promoted, raised("drift age"), raised("drift sex")]);
  const after = replay([
    started,
    promoted,
    raised("drift age"),
    raised("drift sex"),
    resolved("drift age"),
  ]);
  assert(before !== undefined && during !== undefined && after !== undefined);
  assert.deepEqual(
    during.anomalies.map(({ name, sinceMs }) => [name, sinceMs]),
    [
      ["drift age", 3_000],
      ["drift sex", 3_000],
    ],
  );
  assert.deepEqual(
    after.anomalies.map(({ name }) => name),
    ["drift sex"],
  );
  assert.equal(after.revision, before.revision + 3);
  assert.equal(after.reason, before.reason);
  assert.deepEqual(trafficOf(plan, after), trafficOf(plan, before));
});

test("an anomaly that goes on is not raised again, and one that is over is not resolved", () => {
  const during = replay([started, raised("drift age")]);
  assert.throws(() => evolve(during, raised("drift age")), /anomaly-raised twice/);
  assert.throws(() => evolve(replay([started]), resolved("drift age")), /anomaly-resolved twice/);
});

test("a new rollout of the name begins without the anomalies of the last", () => {
  const last = replay([started, promoted, raised("drift age")]);
  const again = start(plan, {
    nowMs: 5_000,
    by: "test",
    evidence,
    previous: last,
    generationInForce: 0,
  });
  assert.deepEqual(evolve(last, again).anomalies, []);
});

test("what is captured is captured on after promotion, and not after a rollback", () => {
  const rolledBack: RolloutEvent = { ...promoted, kind: "rolled-back" };
  const captured = [promoted, rolledBack].map((end) => {
    const state = replay([started, end]);
    return state && trafficOf(plan, state).captureBp;
  });
  assert.deepEqual(captured, [1_000, undefined]);
});
