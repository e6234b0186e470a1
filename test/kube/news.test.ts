import assert from "node:assert/strict";
import { test } from "node:test";
import { newsOf } from "../../sidecar/rolloutObjects/news.ts";
import type { Condition, ObjectStatus } from "../../sidecar/rolloutObjects/rolloutObject.ts";

const inForce: Condition = {
  type: "InForce",
  status: "True",
  reason: "Served",
  message: "generation 1 is served",
  observedGeneration: 1,
  lastTransitionTime: "2026-01-01T00:00:00Z",
};
const status: ObjectStatus = {
  observedGeneration: 1,
  phase: "progressing",
  step: "1/2 shadow 100%",
  weight: "0%",
  verdict: "inconclusive",
  reason: "started",
  revision: 1,
  conditions: [inForce],
};

test("a step is told once, and evidence that moves nothing is not", () => {
  assert.deepEqual(newsOf(undefined, status), [
    {
      type: "Normal",
      reason: "Moved",
      message: "progressing, step 1/2 shadow 100%, 0% of users: started",
    },
  ]);
  assert.deepEqual(newsOf(status, { ...status, verdict: "pass", revision: 2 }), []);
});

test("a rollback is a warning", () => {
  const [news] = newsOf(status, { ...status, phase: "rolled-back", reason: "errors" });
  assert.deepEqual([news?.type, news?.reason], ["Warning", "Moved"]);
});

test("trouble is told when it begins and when it becomes another, but not what is only not known yet", () => {
  const troubled = (reason: string, message: string): ObjectStatus => ({
    ...status,
    conditions: [{ ...inForce, status: "False", reason, message }],
  });
  const trouble = troubled("Trouble", "denied");
  assert.deepEqual(newsOf(status, trouble), [
    { type: "Warning", reason: "Trouble", message: "denied" },
  ]);
  assert.deepEqual(newsOf(trouble, trouble), []);
  assert.equal(newsOf(trouble, troubled("Trouble", "conflict")).length, 1);
  assert.deepEqual(newsOf(status, troubled("Pending", "not known yet")), []);
});
