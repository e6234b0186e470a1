import assert from "node:assert/strict";
import { test } from "node:test";
import { canonicalPlan } from "../../sidecar/core/plan/canonicalPlan.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { replay } from "../../sidecar/core/rollout/evolve.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";

// A log and its state as a sidecar wrote them before there were previews, switches, pauses and gates.
const EVIDENCE =
  '{"requests":{"primary":0,"candidate":0},"pairs":0,"guardrails":{"d":{"kind":"pair","pairs":{"n":0,"k":0}}},"segments":[],"assignments":[],"lives":0}';
const PLAN =
  '{"name":"old","primary":"v1","candidate":"v2","requestTimeoutMs":1000,"steps":[{"kind":"shadow","shadowBp":10000,"minimum":{"pairs":0,"requests":0,"timeMs":0}},{"kind":"canary","candidateBp":500,"shadowBp":10000,"minimum":{"pairs":0,"requests":0,"timeMs":0}}],"guardrails":[{"kind":"disagreement","name":"d","of":"answer","tolerance":0.1,"weight":1,"dryRun":false}],"alpha":{"rollback":0.01,"promotion":0.05},"compare":{"format":"auto","ignore":[],"tolerances":[],"unordered":[],"similar":[],"samples":{"perPath":3,"show":[],"redact":[]}}}';
const VERDICT =
  '{"judgement":"pass","reasons":["d: fine"],"guardrails":[],"requestsNeeded":0,"secondsNeeded":0}';
const LOG = `[
  {"kind":"started","atMs":1,"reason":"started by anna","cause":{"kind":"command","by":"anna"},"evidence":${EVIDENCE},"plan":${PLAN},"generation":1},
  {"kind":"step-advanced","stepIndex":1,"atMs":2,"reason":"d: fine","cause":{"kind":"evidence","verdict":${VERDICT}},"evidence":${EVIDENCE},"generation":2},
  {"kind":"paused","atMs":3,"reason":"asked by anna","cause":{"kind":"command","by":"anna"},"evidence":${EVIDENCE}}
]`;
const STATE =
  '{"phase":"paused","stepIndex":1,"stepStartedAtMs":2,"stepStartCounts":{"pairs":0,"requests":0},"generation":2,"revision":3,"reason":"asked by anna","startedAtMs":1,"updatedAtMs":3,"decidedAtMs":2,"anomalies":[]}';

test("a log that was written before there were strategies leads to the state that was stored beside it", () => {
  const log: readonly RolloutEvent[] = JSON.parse(LOG);
  const state = replay(log);
  assert.deepStrictEqual(state, JSON.parse(STATE));
  assert.ok(state !== undefined);
  assert.deepEqual(trafficOf(JSON.parse(PLAN), state), {
    generation: 2,
    candidateBp: 500,
    shadowBp: 10_000,
    shadowPrimary: true,
  });
});

test("a plan that was stored before there were strategies is the same plan", () => {
  const plan = JSON.parse(PLAN);
  const read = {
    ...plan,
    breaker: undefined,
    maximum: undefined,
    compare: { ...plan.compare, prediction: undefined },
  };
  assert.equal(canonicalPlan(read), canonicalPlan(plan));
});
