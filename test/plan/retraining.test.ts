import assert from "node:assert/strict";
import { test } from "node:test";
import { boundsOf } from "../../sidecar/core/explain/planSentences.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { shortPlan } from "../support/plans.ts";

function planOf(retraining: string, watched = "  labels: { horizon: 1h }\n") {
  const parsed = parsePlan(`${shortPlan}${watched}  retraining: ${retraining}\n`);
  return parsed.kind === "plan" ? parsed.plan.retraining : parsed.problems.map(formatProblem);
}

test("a plan says which hook is told of which anomalies, and how often at most", () => {
  assert.deepEqual(planOf("{ trigger: retrain }"), {
    trigger: "retrain",
    on: ["drift", "performance", "coverage"],
    coolDownMs: 86_400_000,
  });
  assert.deepEqual(planOf("{ trigger: retrain, on: [coverage, drift, drift], coolDown: 90s }"), {
    trigger: "retrain",
    on: ["drift", "coverage"],
    coolDownMs: 90_000,
  });
});

test("retraining where nothing is watched, of unknown anomalies, or told to nobody is refused", () => {
  assert.deepEqual(planOf("{ trigger: retrain }", ""), [
    "spec.retraining: a mapping: labels or drift beside it: without either nothing is watched (11:15)",
  ]);
  assert.deepEqual(planOf("{ on: [], coolDown: 0s }"), [
    "spec.retraining.trigger: nothing: the name of a hook: 1 to 63 small letters, digits and - (12:15)",
    "spec.retraining.on: a list: a list of drift, performance, coverage (12:21)",
    "spec.retraining.coolDown: 0s: a duration from 1s to 8760h, such as 250ms, 5s or 1h30m (12:35)",
  ]);
});

test("a plan's explanation says who is told of what, and how often at most", () => {
  const text = `${shortPlan}  labels: { horizon: 1h }\n  retraining: { trigger: retrain, coolDown: 6h }\n`;
  const parsed = parsePlan(text);
  assert.ok(parsed.kind === "plan");
  assert.equal(
    boundsOf(parsed.plan).at(-1),
    "Once v2 is promoted, the hook retrain is told of its drift, performance and coverage, at most once in 6h.",
  );
});
