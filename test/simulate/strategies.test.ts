import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { simulate } from "../../sidecar/core/simulate/simulate.ts";
import { simulatedPlan, whyNotSimulated } from "../../sidecar/core/simulate/simulated.ts";
import { parseTruth, type Truth } from "../../sidecar/core/simulate/truth.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";

function planOf(spec: string): Plan {
  const parsed = parsePlan(`apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: a }
spec:
  primary: v1
  candidate: v2
${spec}`);
  assert.ok(parsed.kind === "plan", JSON.stringify(parsed));
  return parsed.plan;
}

function truthOf(...entries: readonly string[]): Truth {
  const parsed = parseTruth(["requests-per-second=200", ...entries]);
  assert.ok("truth" in parsed);
  return parsed.truth;
}

const chain =
  planOf(`  strategy: [shadow, { canary: { weights: [30%] } }, pause, { pause: { for: 5m } }, { switch: { keepFor: 10m } }]
  guardrails: { disagreement: { tolerance: 5% }, errorRate: { tolerance: 2% } }
  schedule: { windows: [{ days: [mon], from: 00:00, to: 00:01 }] }
  readiness: { candidate: "http://v2/" }
  rollback: { mode: stepped, every: 1m }
`);

test("a chain with pauses and a switch is played to its end: approvals come at once, times are kept", () => {
  const { promoted, seconds, exposed } = simulate(chain, truthOf(), { runs: 5, seed: 1 });
  assert.equal(promoted, 5);
  assert.ok(seconds.median >= 15 * 60, `${seconds.median} s`);
  assert.ok(exposed.median >= 10 * 60 * 150, `${exposed.median} requests`);
});

test("a candidate that is worse is rolled back before the switch of a chain, as of any canary", () => {
  const truth = truthOf("candidate-error-rate=0.2");
  const { rolledBack, exposed } = simulate(chain, truth, { runs: 5, seed: 2 });
  assert.equal(rolledBack, 5);
  assert.ok(exposed.p90 < 10_000, `${exposed.p90} requests`);
});

test("what needs testers can't be simulated, and is refused in words", () => {
  const tested = planOf(
    "  strategy: [shadow, blueGreen]\n  guardrails: { tests: {}, disagreement: { tolerance: 5% } }\n",
  );
  assert.match(whyNotSimulated(tested) ?? "", /^a preview that waits for test requests can't be/);
  const paired = planOf(
    "  strategy: [shadow, { blueGreen: { keepFor: 1m } }]\n  guardrails: { disagreement: { tolerance: 5% } }\n",
  );
  assert.equal(whyNotSimulated(paired), undefined);
  assert.equal(simulate(paired, truthOf(), { runs: 2, seed: 3 }).promoted, 2);
});

test("a plan that asks nobody and waits for nothing is played as it is", () => {
  const plain = planOf("  strategy: [shadow]\n  guardrails: { disagreement: { tolerance: 5% } }\n");
  assert.deepEqual(simulatedPlan(plain), plain);
});
