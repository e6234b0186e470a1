import assert from "node:assert/strict";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { brokenGuardrails } from "../../sidecar/core/simulate/limits.ts";
import { type Simulation, simulate } from "../../sidecar/core/simulate/simulate.ts";
import { parseTruth, type Truth } from "../../sidecar/core/simulate/truth.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { readPlanFile } from "../../sidecar/plan/planFile.ts";
import { mostOf } from "../support/simulation.ts";

/** A plan whose first canary step takes a tenth of the users. */
function planOf(guardrails: string, alpha: string): Plan {
  const parsed = parsePlan(`apiVersion: understudy.dev/v1alpha1
kind: Rollout
metadata: { name: simulated }
spec:
  primary: v1
  candidate: v2
  steps:
    - shadow: { percent: 100%, minimum: { pairs: 1 } }
    - canary: { weight: 10% }
    - canary: { weight: 50% }
  guardrails: ${guardrails}
  alpha: ${alpha}
`);
  assert(parsed.kind === "plan", JSON.stringify(parsed));
  return parsed.plan;
}

function canaryOnly(plan: Plan): Plan {
  return { ...plan, steps: plan.steps.slice(1) };
}

function truthOf(...entries: readonly string[]): Truth {
  const parsed = parseTruth(entries);
  assert("truth" in parsed, JSON.stringify(parsed));
  return parsed.truth;
}

const whole = "{ errorRate: {}, disagreement: { tolerance: 15% }, latency: { slowerThan: 250ms } }";
const defaultPlan = planOf(whole, "{}");
const oneGuardrail = canaryOnly(
  planOf("{ errorRate: { margin: 1.25 } }", "{ rollback: 0.05, promotion: 0.05 }"),
);
const fivefold = ["primary-error-rate=0.01", "candidate-error-rate=0.05"];

/** Whether the runs would have shown so few false rollbacks if their chance were 1.5 alpha: in one case of a thousand. */
function refutes(found: Simulation, alpha: number): boolean {
  return found.rolledBack <= found.runs * 1.5 * alpha - 3.1 * Math.sqrt(found.runs * 1.5 * alpha);
}

for (const { name, plan, entries } of [
  { name: "the whole default plan", plan: defaultPlan, entries: ["disagreement=0.05"] },
  {
    name: "one error-rate guardrail at alpha 0.05",
    plan: oneGuardrail,
    entries: ["primary-error-rate=0.004", "requests-per-second=200"],
  },
]) {
  test(`a candidate like the primary is rolled back with at most alpha: ${name}`, () => {
    const { rollback: alpha } = plan.alpha;
    const runs = alpha < 0.05 ? 900 : 500;
    const found = simulate(plan, truthOf(...entries), { runs, seed: 11 });
    assert(found.rolledBack <= mostOf(runs, alpha), `${found.rolledBack} of ${runs}`);
    assert(refutes(found, alpha), `${found.rolledBack} of ${runs} do not refute ${1.5 * alpha}`);
    assert(found.promoted > 0.9 * runs);
  });
}

test("a fivefold error rate at 1% rolls back one guardrail (margin 1.25, alpha 0.05) after a median of at most 1,500 requests", () => {
  const found = simulate(oneGuardrail, truthOf(...fivefold), { runs: 400, seed: 3 });
  assert(found.rolledBack >= 380, `${found.rolledBack}`);
  assert(found.requests.median <= 1_500, `${found.requests.median}`);
});

test("a fivefold error rate at 1% rolls back the whole default plan after a median of at most 4,000 requests", () => {
  const found = simulate(canaryOnly(defaultPlan), truthOf(...fivefold), { runs: 400, seed: 4 });
  assert(found.rolledBack >= 380, `${found.rolledBack}`);
  assert(found.requests.median <= 4_000, `${found.requests.median}`);
  assert(found.exposed.median < 600, `${found.exposed.median}`);
});

test("a candidate at the margin of its error rate is promoted with at most alpha.promotion", () => {
  const truth = truthOf("primary-error-rate=0.02", "candidate-error-rate=0.03");
  const plan = { ...oneGuardrail, guardrails: defaultPlan.guardrails.slice(0, 1) };
  const found = simulate(plan, { ...truth, requestsMax: 60_000 }, { runs: 200, seed: 5 });
  assert(found.promoted <= mostOf(200, plan.alpha.promotion), `${found.promoted}`);
});

test("recurring users, a daily swing and failures of both variants together cost no false rollback", () => {
  const truth = truthOf(
    "primary-error-rate=0.01",
    "discordance=0.001",
    "sticky-share=0.8",
    "users=50",
    "diurnal=0.9",
    "requests-max=20000",
  );
  const found = simulate(oneGuardrail, truth, { runs: 200, seed: 6 });
  assert(found.rolledBack <= mostOf(200, 0.05), `${found.rolledBack}`);
});

for (const base of [0.1, 0.2]) {
  test(`the breaker spares a candidate like a primary that fails ${base} of its requests`, () => {
    const entries = [`primary-error-rate=${base}`, "discordance=0.02", "requests-max=10000"];
    const found = simulate(canaryOnly(defaultPlan), truthOf(...entries), { runs: 100, seed: 8 });
    assert(found.rolledBack <= mostOf(100, defaultPlan.alpha.rollback), `${found.rolledBack}`);
  });
}

test("the same seed gives the same simulation, another seed another", () => {
  const truth = truthOf(...fivefold);
  const run = (seed: number) => simulate(oneGuardrail, truth, { runs: 5, seed });
  assert.deepEqual(run(1), run(1));
  assert.notDeepEqual(run(1), run(2));
});

test("a truth of which too little is known within the bound leaves a run undecided", () => {
  const found = simulate(oneGuardrail, truthOf("requests-max=100"), { runs: 3, seed: 1 });
  assert.deepEqual(
    [found.promoted, found.rolledBack, found.undecided, found.promotions],
    [0, 0, 3, undefined],
  );
});

test("the demo's plan decides in simulation, and its candidate is within every limit", async () => {
  const file = new URL("../../examples/patient-risk/plan.yaml", import.meta.url);
  const parsed = parsePlan(await readPlanFile(fileURLToPath(file)));
  assert(parsed.kind === "plan");
  const truth = truthOf("primary-error-rate=0", "disagreement=0.05", "requests-per-second=300");
  assert.deepEqual(brokenGuardrails(parsed.plan, truth), []);
  const found = simulate(parsed.plan, truth, { runs: 50, seed: 1 });
  assert.equal(found.promoted, 50);
  assert(found.exposed.median < found.requests.median);
});

const noisyPlan = planOf(
  "{ excess: { percent: 50%, tolerance: 5% } }",
  "{ rollback: 0.05, promotion: 0.05 }",
);

test("noise that both versions have is no reason to roll back, in all but alpha of the runs", () => {
  const truth = truthOf("noise=0.4", "primary-error-rate=0.01", "requests-per-second=200");
  assert.deepEqual(brokenGuardrails(noisyPlan, truth), []);
  const found = simulate(noisyPlan, truth, { runs: 200, seed: 15 });
  assert(found.rolledBack <= mostOf(200, 0.05), `${found.rolledBack}`);
  assert(found.promoted > 150, `${found.promoted}`);
});

test("a difference beyond the noise by more than the tolerance is rolled back, and by just that promoted by alpha at most", () => {
  const beyond = truthOf("noise=0.4", "disagreement=0.4", "requests-per-second=200");
  assert.deepEqual(
    brokenGuardrails(noisyPlan, beyond).map(({ name }) => name),
    ["excess"],
  );
  assert(simulate(noisyPlan, beyond, { runs: 50, seed: 16 }).rolledBack > 45);
  const just = truthOf("noise=0.4", "disagreement=0.0834", "requests-per-second=200");
  const found = simulate(noisyPlan, just, { runs: 100, seed: 17 });
  assert(found.promoted <= mostOf(100, 0.05), `${found.promoted}`);
});

test("the guardrails that a truth breaks are named", () => {
  const names = (...entries: readonly string[]) =>
    brokenGuardrails(defaultPlan, truthOf(...entries)).map(({ name }) => name);
  assert.deepEqual(names(), []);
  assert.deepEqual(names("candidate-error-rate=0.02"), ["errorRate"]);
  assert.deepEqual(names("disagreement=0.16"), ["disagreement"]);
  assert.deepEqual(names("latency-shift=2"), ["latency"]);
});

for (const { entries, expected } of [
  { entries: ["wat=1"], expected: /^truth: wat=1: one of primary-error-rate, / },
  { entries: ["disagreement=2"], expected: /^truth disagreement: 2: a number from 0 to 1$/ },
  { entries: ["disagreement=x"], expected: /^truth disagreement: x: / },
  { entries: ["disagreement=0.1", "disagreement=0.1"], expected: /, once$/ },
  {
    entries: ["primary-error-rate=0.1", "candidate-error-rate=0.3", "discordance=0.1"],
    expected: /^truth discordance: 0\.1: a number from 0\.19+\d* to 0\.4 at these error rates$/,
  },
]) {
  test(`a truth of ${entries.join(" and ")} is refused`, () => {
    const parsed = parseTruth(entries);
    assert("problems" in parsed);
    assert.match(parsed.problems.join("\n"), expected);
  });
}
