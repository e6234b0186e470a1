import assert from "node:assert/strict";
import { test } from "node:test";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { PATH_ALLOWED } from "../../sidecar/plan/rfcPath.ts";
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

test("labels have their rules, and a floor of F1 is a share of its events", () => {
  const plan = planOf(
    withGuardrails(
      "    accuracy: { tolerance: 2% }\n    performance: { metric: f1, floor: 0.8, weight: 2 }",
      "  compare: { prediction: { label: $.label } }\n  labels: { horizon: 1h, positive: true, slice: $.region }\n",
    ),
  );
  assert.deepEqual(plan.labels, {
    horizonMs: 3_600_000,
    missing: "exclude",
    coverage: 0.8,
    positive: "true",
    slice: "$.region",
  });
  const [accuracy, performance] = plan.guardrails;
  assert.deepEqual(accuracy, { kind: "accuracy", name: "accuracy", tolerance: 0.02, ...defaults });
  assert.deepEqual(performance, {
    kind: "performance",
    name: "performance",
    metric: "f1",
    floor: 0.8,
    tolerance: 1 - 0.8 / 1.2,
    ...defaults,
    weight: 2,
  });
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
    name: "accuracy without labels, or without a prediction",
    text: withGuardrails("    accuracy: { tolerance: 2% }"),
    expected: [
      "spec.guardrails.accuracy: a mapping: accuracy together with spec.labels and spec.compare.prediction (10:15)",
    ],
  },
  {
    name: "a floor of a metric that there is not",
    text: withGuardrails(
      "    performance: { metric: auc, floor: 80% }",
      "  compare: { prediction: { label: $.label } }\n  labels: { horizon: 1h, missing: keep }\n",
    ),
    expected: [
      "spec.guardrails.performance.metric: auc: one of accuracy, precision, recall, f1 (10:28)",
      "spec.guardrails.performance.floor: 80%: a number from 0.01 to 0.99 (10:40)",
      "spec.labels.missing: keep: exclude or negative (12:35)",
    ],
  },
  {
    name: "labels with values that can't be",
    text: `${shortPlan}  labels: { horizon: 10ms, coverage: 0, positive: [1], within: -1, id: id, slice: "$..*..*" }\n`,
    expected: [
      "spec.labels.horizon: 10ms: a duration from 100ms to 2160h, such as 250ms, 5s or 1h30m (11:22)",
      "spec.labels.coverage: 0: a number from 0.01 to 1 (11:38)",
      "spec.labels.positive: a list: a label: a text of at most 256 characters, a number, true or false (11:51)",
      "spec.labels.within: -1: a number from 0 to 1.7976931348623157e+308 (11:64)",
      `spec.labels.id: id: ${PATH_ALLOWED} (11:72)`,
      `spec.labels.slice: "$..*..*": ${PATH_ALLOWED} (11:83)`,
    ],
  },
  {
    name: "labels that are everything else than rules",
    text: `${shortPlan}  labels: [1h]\n`,
    expected: [
      "spec.labels: a list: a mapping of horizon, missing, coverage, positive, within, id, slice (11:11)",
    ],
  },
  {
    name: "a misspelt key of the breaker, and a value that is no share",
    text: `${shortPlan}  breaker: { reqests: 50, failures: 5 }\n`,
    expected: [
      "spec.breaker.reqests: reqests: requests? known here: requests, failures (11:14)",
      "spec.breaker.failures: 5: a percentage from 0.0001% to 99.9999% with its sign and at most four decimals, such as 2.5% (11:37)",
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
