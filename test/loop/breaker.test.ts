import assert from "node:assert/strict";
import { test } from "node:test";
import { LoopHarness, quickPlan } from "../support/loopHarness.ts";

test("a candidate that breaks is rolled back at the next turn, before any of its windows is closed", async () => {
  const harness = new LoopHarness();
  const [, canary] = quickPlan.steps;
  assert(canary !== undefined);
  const breaker = { requests: 20, failures: 0.5 };
  await harness.start({ ...quickPlan, steps: [canary], breaker });
  harness.see(80, 503);
  const view = await harness.turn(10);
  assert.equal(view?.state.phase, "rolled-back");
  assert.match(view?.state.reason ?? "", /^breaker: 20 of the candidate's last 20 requests failed/);
  assert.deepEqual(view?.evidence.requests, { primary: 0, candidate: 0 });
});
