import assert from "node:assert/strict";
import { test } from "node:test";
import { ACTS, readPlan } from "../../examples/patient-risk/scenario.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";

for (const act of ACTS) {
  test(`${act.plan} is a plan, and of the rollout that the demo configures`, async () => {
    const parsed = parsePlan(await readPlan(act));
    assert.ok("plan" in parsed, JSON.stringify(parsed));
    const { name, primary, candidate } = parsed.plan;
    assert.deepEqual([name, primary, candidate], [act.name, act.primary, act.candidate]);
  });
}
