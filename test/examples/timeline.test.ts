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
  reasons: ["errorRate: too few requests"],
  requestsNeeded: 120,
  reason: "the step began",
  revision: 1,
  pairs: 700,
  candidateRequests: 12,
  decidedUnixMs: 0,
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
    `0:00   ${figures}`,
    "0:00 promoted, in canary 5%: all passed",
    `0:00   ${figures}`,
    "",
  ]);
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
