import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlan } from "../../sidecar/plan/parsePlan.ts";
import { formatProblem } from "../../sidecar/plan/problem.ts";
import { planTextWith } from "../support/plans.ts";

function problemsOf(text: string): readonly string[] {
  const result = parsePlan(text);
  assert.ok(result.kind === "problems");
  return result.problems.map(formatProblem);
}

const onPairs = "{ disagreement: { tolerance: 5% } }";

for (const { name, text, guardrails, expected } of [
  {
    name: "steps and a strategy",
    text: "  steps: [{ shadow: {} }]\n  strategy: [shadow]",
    expected: ["spec.strategy: a list: either steps or strategy (8:13)"],
  },
  {
    name: "neither",
    text: "",
    expected: [
      "spec.steps: nothing: steps, or strategy: a list of shadow, canary, blueGreen, switch, pause (5:3)",
    ],
  },
  {
    name: "a strategy that nobody knows",
    text: "  strategy: [shadow, bluegreen]",
    expected: [
      "spec.strategy[1]: bluegreen: shadow, canary, blueGreen, switch, pause, or a mapping of one of them to its settings (7:22)",
    ],
  },
  {
    name: "a setting that nobody knows",
    text: "  strategy: [{ blueGreen: { keepfor: 1h } }]",
    guardrails: "{ tests: {} }",
    expected: [
      "spec.strategy[0].blueGreen.keepfor: keepfor: keepFor? known here: shadowPercent, minimum, gates, approval, keepFor (7:29)",
    ],
  },
  {
    name: "two strategies in one entry",
    text: "  strategy: [{ shadow: {}, canary: {} }]",
    expected: [
      "spec.strategy[0]: a mapping: one of shadow, canary, blueGreen, switch, pause (7:14)",
    ],
  },
  {
    name: "weights that do not rise",
    text: "  strategy: [shadow, { canary: { weights: [5%, 5%] } }]",
    expected: ["spec.strategy[1].canary.weights[1]: 5%: more than 5%, the weight before (7:48)"],
  },
  {
    name: "a step after a switch",
    text: "  steps: [{ shadow: {} }, { switch: {} }, { canary: { weight: 5% } }]",
    expected: ["spec.steps[2].canary: a mapping: no step but pauses after a switch (7:53)"],
  },
  {
    name: "a preview after users came",
    text: "  strategy: [shadow, canary, blueGreen]",
    expected: [
      "spec.strategy[2]: blueGreen: a preview before the first canary or switch, as it takes all users back (7:30)",
    ],
  },
  {
    name: "a preview as the last step",
    text: "  steps: [{ preview: {} }]",
    guardrails: "{ tests: {} }",
    expected: ["spec.steps[0].preview: a mapping: a switch or a canary after a preview (7:22)"],
  },
  {
    name: "a preview that nothing ends",
    text: "  steps: [{ preview: {} }, { canary: { weight: 5% } }]",
    guardrails: "{ errorRate: {} }",
    expected: [
      "spec.steps[0].preview: a mapping: something that ends it: the guardrail tests, one on pairs with shadowPercent, a gate, or a pause for approval after it (7:22)",
    ],
  },
  {
    name: "a pause that nothing ends",
    text: "  steps: [{ shadow: {} }, { pause: { approval: false } }]",
    expected: [
      "spec.steps[1].pause.approval: false: true, or false together with for or gates (7:48)",
    ],
  },
  {
    name: "tests without a preview",
    text: "  strategy: [shadow]",
    guardrails: "{ tests: {} }",
    expected: [
      "spec.guardrails.tests: a mapping: a preview: without one there are no test requests (8:24)",
    ],
  },
  {
    name: "guardrails on users where a switch leaves none to compare with",
    text: "  strategy: [blueGreen]",
    guardrails: "{ tests: {}, errorRate: {} }",
    expected: [
      "spec.guardrails.errorRate: a mapping: a canary step: a switch leaves no users at the primary to compare with (the breaker still looks at them) (8:39)",
    ],
  },
  {
    name: "a promotion at the maximum past an approval",
    text: "  strategy: [shadow, canary, pause]\n  maximum: { time: 1h, outcome: promote }",
    expected: [
      "spec.maximum.outcome: promote: hold or rollback: a promotion would go past gates and approvals (8:33)",
    ],
  },
  {
    name: "a stepped rollback without steps",
    text: "  strategy: [blueGreen]\n  rollback: { mode: stepped }",
    guardrails: "{ tests: {} }",
    expected: [
      "spec.rollback.mode: stepped: instant, or stepped where there are canary steps (8:21)",
    ],
  },
  {
    name: "a time for steps back that are not asked for",
    text: "  strategy: [shadow]\n  rollback: { every: 10s }",
    expected: ["spec.rollback.every: 10s: nothing, or mode: stepped with it (8:22)"],
  },
  {
    name: "times that are none",
    text: `  strategy: [shadow]
  schedule: { timezone: Mars/Olympus, windows: [{ from: 25:00, to: "12:61" }], freezes: [{ from: 2026-02-30, to: today }] }`,
    expected: [
      "spec.schedule.timezone: Mars/Olympus: a time zone such as Europe/Berlin (8:25)",
      "spec.schedule.windows[0].from: 25:00: a time of day from 00:00 to 24:00, such as 09:30 (8:57)",
      'spec.schedule.windows[0].to: "12:61": a time of day from 00:00 to 24:00, such as 09:30 (8:68)',
      "spec.schedule.freezes[0].from: 2026-02-30: a date such as 2026-12-24, with a time as in 2026-12-24 18:00 or RFC 3339 (8:98)",
      "spec.schedule.freezes[0].to: today: a date such as 2026-12-24, with a time as in 2026-12-24 18:00 or RFC 3339 (8:114)",
    ],
  },
  {
    name: "a freeze that ends before it begins",
    text: `  strategy: [shadow]
  schedule: { freezes: [{ from: 2026-12-24, to: 2026-12-23 }] }`,
    expected: ["spec.schedule.freezes[0].to: 2026-12-23: a time after from (8:49)"],
  },
  {
    name: "addresses that are none",
    text: `  strategy: [shadow]
  readiness: { primary: file:///ready, candidate: "http://" }`,
    expected: [
      "spec.readiness.primary: file:///ready: an address such as http://127.0.0.1:8080/ready (8:25)",
      'spec.readiness.candidate: "http://": an address such as http://127.0.0.1:8080/ready (8:51)',
    ],
  },
  {
    name: "hooks whose names are none",
    text: "  strategy: [shadow, { canary: { gates: [Smoke Tests] } }]",
    expected: [
      "spec.strategy[1].canary.gates[0]: Smoke Tests: the name of a hook: 1 to 63 small letters, digits and - (7:42)",
    ],
  },
]) {
  test(`${name}: refused with field, value and what is allowed`, () => {
    assert.deepEqual(problemsOf(planTextWith(text, guardrails ?? onPairs)), expected);
  });
}
