import assert from "node:assert/strict";
import { test } from "node:test";
import { PLAN_BYTES_MAX, PROBLEMS_MAX, parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { fullPlan, shortPlan } from "../support/plans.ts";

function problemsOf(text: string): readonly string[] {
  const parsed = parsePlan(text);
  return parsed.kind === "plan" ? [] : parsed.problems.map(formatProblem);
}

const percent = "with its sign and at most two decimals, such as 2.5%";
const rate =
  "a percentage from 0.0001% to 99.9999% with its sign and at most four decimals, such as 2.5%";
const path = "a JSONPath of names, indices, wildcards and .., such as $.outputs[0].data";

/** What replaces a piece of the full plan, and the problems that follow. */
const changes: readonly {
  readonly replace: string;
  readonly by: string;
  readonly expected: readonly string[];
}[] = [
  {
    replace: "understudy.dev/v1alpha1",
    by: "understudy.dev/v2",
    expected: ["apiVersion: understudy.dev/v2: understudy.dev/v1alpha1 (1:13)"],
  },
  { replace: "kind: Rollout\n", by: "", expected: ["kind: nothing: Rollout (1:1)"] },
  {
    replace: "name: patient-risk-v2",
    by: "name: ../etc",
    expected: [
      "metadata.name: ../etc: a name of 1 to 63 small letters, digits and -, beginning and ending with a letter or digit (4:9)",
    ],
  },
  {
    replace: "candidate: v2",
    by: "candidate: v1",
    expected: ["spec.candidate: v1: another version than the primary (7:14)"],
  },
  {
    replace: "candidate: v2",
    by: "candidate: 2.0",
    expected: [
      "spec.candidate: 2.0: a version name of 1 to 63 letters, digits, ., _ and -, in quotes when it looks like a number (7:14)",
    ],
  },
  {
    replace: "requestTimeout",
    by: "requestTimeOut",
    expected: [
      "spec.requestTimeOut: requestTimeOut: requestTimeout? known here: primary, candidate, model, requestTimeout, steps, strategy, guardrails, alpha, breaker, maximum, compare, capture, labels, drift, actuator, rollback, schedule, readiness, retraining (8:3)",
    ],
  },
  {
    replace: "requestTimeout: 3s",
    by: "requestTimeout: 3",
    expected: [
      "spec.requestTimeout: 3: a duration from 100ms to 5m, such as 250ms, 5s or 1h30m (8:19)",
    ],
  },
  {
    replace: "requestTimeout: 3s",
    by: "requestTimeout: 250ms",
    expected: [
      "spec.guardrails.latency.slowerThan: 250ms: less than spec.requestTimeout, 250ms (17:28)",
    ],
  },
  {
    replace: "weight: 25%",
    by: "weight: 2.50%",
    expected: ["spec.steps[2].canary.weight: 2.50%: more than 2.5%, the weight before (12:25)"],
  },
  {
    replace: "weight: 25%",
    by: "wieght: 25%",
    expected: [
      `spec.steps[2].canary.weight: nothing: a percentage from 0.01% to 100% ${percent} (12:15)`,
      "spec.steps[2].canary.wieght: wieght: weight? known here: weight, shadowPercent, minimum, gates (12:17)",
    ],
  },
  {
    replace: "weight: 25%",
    by: "weight: 25.125%",
    expected: [
      `spec.steps[2].canary.weight: 25.125%: a percentage from 0.01% to 100% ${percent} (12:25)`,
    ],
  },
  {
    replace: "percent: 50%",
    by: "percent: 101%",
    expected: [
      `spec.steps[0].shadow.percent: 101%: a percentage from 0.01% to 100% ${percent} (10:26)`,
    ],
  },
  {
    replace: "shadowPercent: 10%",
    by: "shadowPercent: 0%",
    expected: [
      "spec.steps[2].canary.minimum.pairs: 7: 0, or a shadowPercent above 0%: without copies there are no pairs (12:67)",
    ],
  },
  {
    replace: "pairs: 500",
    by: "pairs: -1",
    expected: [
      "spec.steps[0].shadow.minimum.pairs: -1: a whole number from 0 to 1000000000 (10:49)",
    ],
  },
  {
    replace: "{ weight: 100% }",
    by: "{ weight: 100% }\n    - shadow: {}\n    - {}\n    - puase: {}\n    - 5",
    expected: [
      "spec.steps[4].shadow: a mapping: shadow steps before the first canary step (a canary has shadowPercent) (14:15)",
      "spec.steps[5]: a mapping: one of shadow, canary, preview, switch, pause (15:7)",
      "spec.steps[6].puase: puase: pause? known here: shadow, canary, preview, switch, pause (16:7)",
      "spec.steps[7]: 5: a mapping of shadow, canary, preview, switch, pause (17:7)",
    ],
  },
  {
    replace: "margin: 2,",
    by: "margin: .nan,",
    expected: ["spec.guardrails.errorRate.margin: .nan: a number from 1 to 100 (15:26)"],
  },
  {
    replace: "tolerance: 15%",
    by: "tolerance: 0%",
    expected: [`spec.guardrails.disagreement.tolerance: 0%: ${rate} (16:48)`],
  },
  {
    replace: "of: prediction",
    by: "of: everything",
    expected: ["spec.guardrails.disagreement.of: everything: prediction or answer (16:25)"],
  },
  {
    replace: "rollback: 0.02",
    by: "rollback: 0.6",
    expected: ["spec.alpha.rollback: 0.6: a number from 0.000001 to 0.5 (18:22)"],
  },
  {
    replace: '"$.outputs[0].data[0]"',
    by: '"$..label"',
    expected: [
      'spec.compare.prediction.label: "$..label": a JSONPath to one value, of names and indices only (20:26)',
    ],
  },
  {
    replace: '["$.model_version", "$..id"]',
    by: '["$[?@.a]", "model", 3, "$.(a+)+$"]',
    expected: [
      'spec.compare.ignore[0]: "$[?@.a]": an index from 0, * or a quoted name, then ] at character 2 (21:14)',
      'spec.compare.ignore[1]: "model": a path that begins with $, such as $.outputs[0].data (21:25)',
      `spec.compare.ignore[2]: 3: ${path} (21:34)`,
      "spec.compare.ignore[3]: \"$.(a+)+$\": a name of letters, digits and _ (others as ['na-me']) at character 2 (21:37)",
    ],
  },
  {
    replace: ", absolute: 0.001, relative: 0.01",
    by: ", absolute: 0",
    expected: [
      "spec.compare.tolerances[0]: a mapping: absolute, relative or both, above 0 (22:18)",
    ],
  },
];

for (const { replace, by, expected } of changes) {
  test(`${JSON.stringify(by)} in place of ${JSON.stringify(replace)} is refused`, () => {
    assert.deepEqual(problemsOf(fullPlan.replace(replace, by)), expected);
  });
}

test("disagreement of predictions needs a path to them", () => {
  const text = fullPlan.replace(/^ {4}prediction: .*\n/m, "");
  assert.deepEqual(problemsOf(text), [
    "spec.guardrails.disagreement.of: prediction: answer, or prediction together with spec.compare.prediction (16:25)",
  ]);
});

test("disagreement needs a step that copies requests", () => {
  const text = shortPlan.replace("errorRate: {}", "disagreement: { tolerance: 1% }");
  assert.deepEqual(problemsOf(text), [
    "spec.guardrails.disagreement: a mapping: a step that copies requests: without one there are no pairs (10:19)",
  ]);
});

test("a plan needs a step and a guardrail", () => {
  const text = shortPlan.replace(/steps:.*/s, "steps: []\n  guardrails: {}\n");
  assert.deepEqual(problemsOf(text), [
    "spec.steps: a list: a list of 1 to 32 steps (7:10)",
    "spec.guardrails: a mapping: at least one of errorRate, tests, disagreement, latency, slowdown, excess, score, accuracy and performance (8:15)",
  ]);
});

test("paths that are too much together are refused", () => {
  const paths = Array.from({ length: 20 }, (_, index) => `"$..a${".*".repeat(index + 8)}.b"`);
  const text = `${shortPlan}  compare: { ignore: [${paths.join()}] }\n`;
  assert.deepEqual(problemsOf(text), [
    "spec.compare: a mapping: fewer or simpler paths: together these with .. and * are too many cases (11:12)",
  ]);
});

test("every problem is named at once, in the order of the text", () => {
  const text = fullPlan
    .replace("v1alpha1", "v2")
    .replace("spec:", "spec:\n  speed: fast")
    .replace("2.5%", "2.5")
    .replace("3%", "300%");
  const fields = problemsOf(text).map((line) => line.split(":")[0]);
  assert.deepEqual(fields, [
    "apiVersion",
    "spec.speed",
    "spec.steps[1].canary.weight",
    "spec.guardrails.latency.tolerance",
  ]);
});

test("problems over the limit are counted, not named", () => {
  const keys = Array.from({ length: PROBLEMS_MAX + 20 }, (_, index) => `key${index}: 1`);
  const lines = problemsOf(`${shortPlan}${keys.join("\n")}\n`);
  assert.equal(lines.length, PROBLEMS_MAX + 1);
  assert.match(lines.at(-1) ?? "", /^plan: 20 more problems: /);
});

test("49: a plan is read up to its limit", () => {
  const padded = (bytes: number): string =>
    `${shortPlan}# ${"x".repeat(bytes - shortPlan.length - 2)}`;
  assert.deepEqual(problemsOf(padded(PLAN_BYTES_MAX)), []);
  assert.deepEqual(problemsOf(padded(PLAN_BYTES_MAX + 1)), [
    "plan: 65537 bytes: a plan of at most 65536 bytes (1:1)",
  ]);
  assert.equal(problemsOf("x".repeat(10_000_000)).length, 1);
});

test("51: letters that look alike are not letters of a name", () => {
  const lines = problemsOf(shortPlan.replace("name: a", "name: \u0430"));
  assert.equal(lines.length, 1);
  assert.equal(problemsOf(shortPlan.replace("name: a", `name: ${"a".repeat(300)}`)).length, 1);
});

test("64: what a terminal would obey is not repeated", () => {
  const lines = problemsOf(shortPlan.replace("name: a", 'name: "a\u009b31m\u202e"'));
  assert.match(lines.join(), /"a\ufffd31m\ufffd"/);
});
