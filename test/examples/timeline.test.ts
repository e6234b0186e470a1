import assert from "node:assert/strict";
import { test } from "node:test";
import type { RolloutView } from "../../examples/patient-risk/rolloutClient.ts";
import { timeline } from "../../examples/patient-risk/timeline.ts";

const rollout: RolloutView = {
  outcome: undefined,
  step: "canary 5%",
  candidateBp: 500,
  shadowBp: 10_000,
  guardrails: [{ name: "errorRate", judgement: "inconclusive", reason: "too few requests" }],
  reasons: ["too few requests"],
  requestsNeeded: 120,
  reason: "the step began",
  revision: 1,
  pairs: 700,
  candidateRequests: 12,
  decidedUnixMs: 0,
  anomalies: [],
  window: undefined,
  primary: "v1",
  candidate: "v2",
};
const seen = {
  sent: 900,
  answered: 899,
  failed: 0,
  failedBy: new Map<string, number>(),
  latencyMs: { p50: 2, p99: 9.87 },
};

function output(isTTY: boolean): { text: string; isTTY: boolean; write(text: string): void } {
  return {
    text: "",
    isTTY,
    write(text) {
      this.text += text;
    },
  };
}

test("without a terminal each state is told once, with its figures, in plain lines", () => {
  const out = output(false);
  const lines = timeline(out, Date.now());
  lines.show(rollout, seen);
  lines.show(rollout, seen);
  lines.show({ ...rollout, revision: 2, outcome: "promoted", reason: "all passed" }, seen);
  const figures =
    "candidate 5 %, shadow 100 % | 700 pairs, 12 candidate requests, about 120 more requests to go | errorRate ? | 900 sent, 0 failed, p50 2.0 ms, p99 9.9 ms";
  assert.deepEqual(out.text.split("\n"), [
    "0:00 canary 5%: the step began",
    "0:00 canary 5% waits for too few requests",
    `0:00   ${figures}`,
    "0:00 promoted, in canary 5%: all passed",
    `0:00   ${figures}`,
    "",
  ]);
});

test("what a step waits for is told again only when that changes", () => {
  const out = output(false);
  const lines = timeline(out, Date.now());
  const accuracy = {
    name: "accuracy",
    judgement: "inconclusive",
    reason: "accuracy: about 600 more labelled predictions needed",
  } as const;
  const guardrails = [...rollout.guardrails, accuracy];
  lines.show({ ...rollout, guardrails }, seen);
  lines.show({ ...rollout, guardrails, reasons: [accuracy.reason] }, seen);
  const fewer = { ...accuracy, reason: "accuracy: about 300 more labelled predictions needed" };
  lines.show({ ...rollout, guardrails: [fewer], reasons: [fewer.reason] }, seen);
  assert.deepEqual(
    out.text.split("\n").filter((line) => line.includes("waits for")),
    [
      "0:00 canary 5% waits for too few requests",
      "0:00 canary 5% waits for accuracy: about 600 more labelled predictions needed",
    ],
  );
});

test("anomalies that go on are among the figures, and events have their time", () => {
  const out = output(false);
  const lines = timeline(out, Date.now());
  const anomalies = ["drift disea", "drift hlthf"].map((name) => ({ name, reason: "" }));
  lines.event("the patients change");
  lines.show({ ...rollout, anomalies }, seen);
  assert.match(out.text, /^0:00 the patients change\n/);
  assert.match(out.text, / \| drift disea, drift hlthf \| 900 sent, /);
});

test("in a terminal an event stands above the block", () => {
  const out = output(true);
  const lines = timeline(out, Date.now());
  lines.show(rollout, seen);
  lines.event("the patients change");
  lines.show(rollout, seen);
  const height = "\u001b[5A\u001b[J";
  assert.ok(out.text.includes(`${height}0:00 the patients change\n`));
  assert.equal(out.text.split(height).length - 1, 1);
});

test("in a terminal the block is drawn over itself, and a change of state leaves a line", () => {
  const out = output(true);
  const lines = timeline(out, Date.now());
  lines.show(rollout, seen);
  lines.show(rollout, seen);
  assert.equal(out.text.split("the step began").length - 1, 1);
  assert.match(out.text, /\[#\.{19}\] candidate 5 %/);
  assert.ok(out.text.includes("\u001b[5A\u001b[J"));
});
