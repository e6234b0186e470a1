import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { fullPlan, shortPlan } from "../support/plans.ts";

function planOf(text: string): Plan {
  const parsed = parsePlan(text);
  assert(parsed.kind === "plan", JSON.stringify(parsed));
  return parsed.plan;
}

function problemsOf(text: string): readonly string[] {
  const parsed = parsePlan(text);
  return parsed.kind === "plan" ? [] : parsed.problems.map(formatProblem);
}

function withGuardrails(guardrails: string, rest = ""): string {
  return `${shortPlan.replace("    errorRate: {}", guardrails)}${rest}`;
}

const defaults = { weight: 1, dryRun: false };

test("every guardrail has its settings, and its defaults", () => {
  const text = fullPlan.replace(
    "errorRate: { margin: 2, tolerance: 0.5% }",
    "{ errorRate: { unit: user, frequency: common, weight: 2.5, dryRun: true }, slowdown: {}, score: { tolerance: 10% } }",
  );
  const flow = text
    .replace("guardrails:\n    {", "guardrails: {")
    .replace(/\n {4}disagreement: .*\n {4}latency: .*\n/, "\n");
  assert.deepEqual(planOf(flow).guardrails, [
    {
      kind: "errorRate",
      name: "errorRate",
      margin: 1.5,
      tolerance: 0.01,
      unit: "user",
      frequency: "common",
      weight: 2.5,
      dryRun: true,
    },
    { kind: "slowdown", name: "slowdown", margin: 1.5, tolerance: 0.02, ...defaults },
    { kind: "score", name: "score", tolerance: 0.1, ...defaults },
  ]);
});

test("a plan says when the breaker trips, or turns it off, and what follows when nothing decides", () => {
  assert.deepEqual(planOf(`${shortPlan}  breaker: { requests: 50 }\n`).breaker, {
    requests: 50,
    failures: 0.5,
  });
  assert.equal(planOf(`${shortPlan}  breaker: off\n`).breaker, undefined);
  assert.deepEqual(planOf(`${shortPlan}  maximum: { time: 2h }\n`).maximum, {
    timeMs: 7_200_000,
    outcome: "hold",
  });
});

for (const { name, text, expected } of [
  {
    name: "a unit that there is not",
    text: withGuardrails("    errorRate: { unit: session }"),
    expected: ["spec.guardrails.errorRate.unit: session: request or user (10:24)"],
  },
  {
    name: "a weight of nothing",
    text: withGuardrails("    slowdown: { weight: 0 }"),
    expected: ["spec.guardrails.slowdown.weight: 0: a number from 0.01 to 100 (10:25)"],
  },
  {
    name: "guardrails that only report",
    text: withGuardrails("    errorRate: { dryRun: true }"),
    expected: [
      "spec.guardrails: a mapping: at least one guardrail without dryRun: true, as nothing would pass (10:5)",
    ],
  },
  {
    name: "a score without its place, and without pairs",
    text: withGuardrails("    score: { tolerance: 5% }"),
    expected: [
      "spec.guardrails.score: a mapping: a score together with spec.compare.prediction.score, which says where it is (10:12)",
      "spec.guardrails.score: a mapping: a step that copies requests: without one there are no pairs (10:12)",
    ],
  },
  {
    name: "a breaker that is neither",
    text: `${shortPlan}  breaker: on\n`,
    expected: ["spec.breaker: on: off, or a mapping of requests, failures (11:12)"],
  },
  {
    name: "an outcome that there is not",
    text: `${shortPlan}  maximum: { time: 1h, outcome: pause }\n`,
    expected: ["spec.maximum.outcome: pause: hold, rollback or promote (11:33)"],
  },
]) {
  test(`${name} is refused`, () => {
    assert.deepEqual(problemsOf(text), expected);
  });
}
