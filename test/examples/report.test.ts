import assert from "node:assert/strict";
import { test } from "node:test";
import {
  type Report,
  type RolloutReport,
  surprises,
  table,
  UNWATCHED,
  unexplainedFailures,
  watchSurprises,
} from "../../examples/patient-risk/report.ts";
import type { Act } from "../../examples/patient-risk/scenario.ts";
import type { Seen } from "../../examples/patient-risk/traffic.ts";

const act: Act = {
  name: "patient-risk-v4",
  primary: "v2",
  candidate: "v4",
  plan: "plan-v4.yaml",
  about: "",
  expected: {
    outcome: "rolled-back",
    step: "canary",
    candidateRequestsMax: 299,
    decideToSafeMsMax: 499,
  },
};
const asExpected: RolloutReport = {
  name: "patient-risk-v4",
  candidate: "v4",
  outcome: "rolled-back",
  step: "canary 5%",
  pairs: 0,
  candidateRequests: 299,
  reason: "errors",
  decideToSafeMs: 499,
};
const seen: Seen = {
  sent: 10,
  answered: 10,
  failed: 3,
  failedBy: new Map([["v4 500", 3]]),
  latencyMs: { p50: 1, p99: 2 },
};

test("a rollout that ended as expected, at the limits, is no surprise", () => {
  assert.deepEqual(surprises(act, asExpected), []);
});

for (const { name, given, expected } of [
  { name: "another outcome", given: { outcome: "promoted" }, expected: /was to be rolled-back/ },
  { name: "another step", given: { step: "shadow 100%" }, expected: /was to end in canary/ },
  { name: "a request too many", given: { candidateRequests: 300 }, expected: /and got 300/ },
  { name: "a late end of traffic", given: { decideToSafeMs: 500 }, expected: /after 500 ms/ },
] as const) {
  test(`${name} is a surprise`, () => {
    assert.match(surprises(act, { ...asExpected, ...given }).join(), expected);
  });
}

const watched = { labelsAfterMs: 1, drifts: ["disea"] };

test("a promotion that labels had no say in is a surprise", () => {
  const first: Act = { ...act, expected: { outcome: "promoted" }, watched };
  const promoted: RolloutReport = { ...asExpected, outcome: "promoted" };
  const accuracy = { judgement: "pass", reason: "accuracy: at most 1% less accurate" } as const;
  assert.deepEqual(surprises(first, { ...promoted, accuracy }), []);
  assert.match(surprises(first, promoted).join(), /only when labels say/);
  const waits = { ...accuracy, judgement: "inconclusive" } as const;
  assert.match(surprises(first, { ...promoted, accuracy: waits }).join(), /only when labels say/);
});

test("labels that join nothing, drift that is not found and drift before its time are surprises", () => {
  const labels = { sent: 2, joined: 1 };
  const drift = { raised: true, features: ["disea", "hlthf"], afterRequests: 300, early: [] };
  assert.deepEqual(watchSurprises(watched, { labels, drift }), []);
  assert.deepEqual(watchSurprises(watched, UNWATCHED), [
    "no label was joined with a prediction",
    "disea was to be found to drift, and was not",
  ]);
  assert.deepEqual(watchSurprises(watched, { labels, drift: { ...drift, early: ["lpi"] } }), [
    "lpi was said to drift before the patients changed",
  ]);
});

test("only failures of the faulty version are explained", () => {
  assert.deepEqual(unexplainedFailures(seen, "v4"), []);
  const failedBy = new Map([
    ["v2 503", 1],
    [" 0", 2],
  ]);
  assert.deepEqual(unexplainedFailures({ ...seen, failedBy }, "v4"), [
    "1 user requests failed: v2 503",
    "2 user requests failed:  0",
  ]);
});

test("the table has a line for each rollout", () => {
  const report: Report = {
    envoy: "1.40.0",
    requests: { sent: 1, failed: 0, byVariant: { v1: 1, v2: 0, v3: 0, v4: 0 } },
    rollouts: [asExpected],
    ...UNWATCHED,
  };
  assert.deepEqual(table(report).split("\n"), [
    "candidate  outcome      ended in   pairs  user requests  safe after",
    "---------  -----------  ---------  -----  -------------  ----------",
    "v4         rolled-back  canary 5%  0      299            499 ms",
  ]);
});
