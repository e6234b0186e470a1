import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import { type Explainable, type Explanation, explain } from "../../sidecar/core/explain/explain.ts";
import { judge } from "../../sidecar/core/judge.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import { replay } from "../../sidecar/core/rollout/evolve.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { stepAt } from "../../sidecar/core/rollout/stepAt.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import {
  batchOf,
  disagreement,
  errorRate,
  evidenceOf,
  planWith,
  shadowStep,
} from "../support/evidence.ts";
import { play, type Turn } from "../support/turns.ts";

const minimum = { pairs: 100, requests: 0, timeMs: 60_000 };
const steps: readonly Step[] = [
  { kind: "shadow", shadowBp: 10_000, minimum },
  { kind: "pause", approval: true, gates: { before: [], after: ["smoke"] } },
  { kind: "canary", candidateBp: 1_000, shadowBp: 2_500, minimum: { ...minimum, pairs: 0 } },
];
const plan: Plan = {
  ...planWith([errorRate, disagreement], { rollback: 0.01, promotion: 0.05 }),
  steps,
  breaker: { requests: 20, failures: 0.5 },
  maximum: { timeMs: 3_600_000, outcome: "rollback" },
};

/** The rollout after these turns, explained `laterMs` after the last. */
function explained(
  turns: readonly Turn[],
  more: Partial<Explainable> & { readonly laterMs?: number } = {},
  of: Plan = plan,
): Explanation {
  const { moments, log } = play(of, turns);
  const last = moments.at(-1);
  const state = last?.after ?? replay(log);
  assert.ok(state !== undefined);
  const { pairs } = state.stepStartCounts;
  const evidence = more.evidence ?? { ...emptyEvidence(of), pairs };
  const nowMs = (last?.atMs ?? 1_000) + (more.laterMs ?? 0);
  return explain({ ...seen(of, state, { evidence, nowMs }), ...more });
}

function seen(
  of: Plan,
  state: RolloutState,
  { evidence, nowMs }: Pick<Explainable, "evidence" | "nowMs">,
): Explainable {
  const traffic = trafficOf(of, state);
  const verdict = judge(of, stepAt(of, state.stepIndex), evidence);
  const delivered = { traffic, inForce: traffic, problem: undefined };
  return { plan: of, state, evidence, verdict, nowMs, ...delivered };
}

const pass: Turn = { passedMs: 60_000, pairs: 100, judgement: "pass" };

test("a rollout that has just begun says what users get, what the step must see, and what would take it back", () => {
  const { standing, moves, next, evidence } = explained([], { laterMs: 12_000 });
  assert.deepEqual(standing, [
    "test moves users from v1 to v2: step 1 of 3, shadow 100%, for 12s.",
    "The last decision, 12s ago: started by test.",
    "v1 answers all users, and 100% of requests are copied to the other one: that is in force.",
  ]);
  assert.equal(moves[0], "The step must see at least 100 more pairs, 48s more.");
  assert.match(moves[1] ?? "", /^A pass: about \d+ more requests, at what was seen so far\.$/);
  assert.deepEqual(moves.slice(3), [
    "In 59m48s it goes back, if it is undecided until then.",
    "It goes back at evidence of 100 to 1 against v2, or once 50% of v2's last 20 requests have failed and v1's have not.",
  ]);
  assert.deepEqual(next, ["Step 2 of 3, pause for approval."]);
  assert.equal(
    evidence[1],
    "All guardrails together: no evidence against v2; 100 to 1 rolls it back.",
  );
});

test("evidence is told as odds, each guardrail's with what it takes, and all together", () => {
  const batch = batchOf({ pairs: { n: 200, k: 40 } });
  const { guardrails, evidence } = explained([], { evidence: evidenceOf(plan, [batch]) });
  const [errors, pairs] = guardrails;
  assert.equal(errors?.oddsAgainst, 1);
  assert.equal(
    errors?.weight,
    "No evidence that v2 is beyond the limit, no evidence that it is within, where 20 to 1 passes. This step does not wait for it.",
  );
  assert.match(
    pairs?.weight ?? "",
    /^[\d.]+ to 1 that v2 is beyond the limit, no evidence that it is within, /,
  );
  assert.ok((pairs?.oddsAgainst ?? 0) > 1 && (pairs?.oddsFor ?? 1) < 1);
  assert.match(pairs?.seen ?? "", /^disagreement: 40 of 200 pairs disagree/);
  assert.equal(evidence[0], "Counted so far: 200 pairs, 0 requests of v1 and 0 of v2.");
});

test("odds have no bound for the eye, and one for programs", () => {
  const batch = batchOf({ pairs: { n: 100_000, k: 100_000 } });
  const { guardrails } = explained([], { evidence: evidenceOf(plan, [batch]) });
  const pairs = guardrails.find(({ name }) => name === "disagreement");
  assert.equal(pairs?.oddsAgainst, 1e300);
  assert.match(pairs?.weight ?? "", /^Over 1,000,000 to 1 that v2 is beyond/);
});

test("a step that is done says what holds the next: a gate, an approval, readiness, the schedule", () => {
  const atPause = explained([pass]);
  assert.equal(atPause.moves[0], "This step is done; the next is held up: waiting for gate smoke.");
  assert.equal(atPause.moves[1], "Somebody's approval.");
  assert.deepEqual(atPause.next, ["Step 3 of 3, canary 10%.", "Before that: gate smoke."]);
  const asking = { gate: "smoke", attempts: 3, last: "answered with status 500" };
  assert.match(
    explained([pass], { asking }).moves[0] ?? "",
    /gate smoke\. Attempts so far: 3, the last one: answered with status 500\.$/,
  );
  const failed = explained([pass, { judgement: "pass", gate: "hold" }]);
  assert.match(
    failed.moves[0] ?? "",
    /gate smoke failed: it says hold\. Somebody's resume has the gate asked again\.$/,
  );
  const unready = { candidate: "v2 is not ready: 503" };
  assert.match(explained([pass], { unready }).moves[0] ?? "", /held up: v2 is not ready: 503\.$/);
  const frozen: Plan = {
    ...plan,
    schedule: {
      timezone: "UTC",
      windows: [],
      freezes: [{ fromMs: 0, toMs: 86_400_000, reason: "holidays" }],
    },
  };
  const until = "frozen until 1970-01-02 00:00 (UTC): holidays";
  const waiting = explained([], {}, frozen);
  assert.equal(waiting.standing[0], `test moves users from v1 to v2, and has not begun: ${until}.`);
  assert.equal(waiting.moves[0], `This step is done; the next is held up: ${until}.`);
});

test("a failure that can't take users back yet says so", () => {
  const batch = batchOf({ pairs: { n: 1_000, k: 1_000 } });
  const unready = { primary: "v1 is not ready: refused" };
  const { moves } = explained([], { unready, evidence: evidenceOf(plan, [batch]) });
  assert.equal(
    moves[0],
    "It would go back, but v1 is not ready: refused. Somebody's rollback goes ahead.",
  );
});

test("paused, rolling back, and ended rollouts say what is left to happen", () => {
  const paused = explained([{ command: "pause", passedMs: 1_000 }], { laterMs: 90_000 });
  assert.equal(
    paused.standing[0],
    "test moves users from v1 to v2: paused in step 1 of 3, shadow 100%, for 1m30s.",
  );
  assert.equal(paused.moves[0], "Somebody's resume.");
  const stepped: Plan = {
    ...plan,
    rollback: { everyMs: 10_000 },
    steps: [
      shadowStep,
      ...[500, 2_500].map((candidateBp) => ({
        kind: "canary" as const,
        candidateBp,
        shadowBp: 0,
        minimum: { pairs: 0, requests: 0, timeMs: 0 },
      })),
    ],
  };
  const back = explained([pass, pass, { judgement: "fail" }], { laterMs: 4_000 }, stepped);
  assert.equal(back.standing[0], "test goes back to v1 step by step.");
  assert.equal(back.standing[2], "v2 answers 5% of users, v1 the others: that is in force.");
  assert.match(back.moves[0] ?? "", /^In 6s the weight goes down from 5%; /);
  const promoted = explained([{ command: "promote" }]);
  assert.equal(promoted.standing[0], "test has ended: v2 was promoted.");
  assert.deepEqual(promoted.moves, [
    "Nothing: it has ended. Another plan under its name starts the next rollout.",
  ]);
  assert.deepEqual(promoted.next, []);
  const rolledBack = explained([{ command: "rollback" }]);
  assert.equal(rolledBack.standing[0], "test has ended: it went back to v1.");
});

test("traffic that is not in force says why, as far as that is known", () => {
  const why = (more: Partial<Explainable>): string =>
    explained([], more).standing[2]?.split(": ").slice(1).join(": ") ?? "";
  assert.equal(why({ inForce: undefined }), "nobody has said yet that this is in force.");
  const old = { generation: 0, candidateBp: 0, shadowBp: 0, shadowPrimary: false };
  assert.equal(why({ inForce: old }), "that is not in force yet.");
  assert.equal(
    why({ inForce: undefined, problem: "envoy-1 refused it" }),
    "that is not in force: envoy-1 refused it.",
  );
});

test("whatever happens, every sentence is one, and there is always something that would move a rollout", () => {
  const turns: fc.Arbitrary<Turn[]> = fc.array(
    fc.record({
      passedMs: fc.nat({ max: 100_000 }),
      pairs: fc.nat({ max: 100 }),
      judgement: fc.constantFrom("pass" as const, "inconclusive" as const, "fail" as const),
      command: fc.constantFrom(
        ...([undefined, undefined, "approve", "pause", "resume", "promote"] as const),
      ),
      gate: fc.constantFrom("pass" as const, "hold" as const, undefined),
    }),
    { maxLength: 12 },
  );
  const pairs = fc.nat({ max: 500 });
  fc.assert(
    fc.property(turns, pairs, fc.nat({ max: 10_000_000 }), (given, n, laterMs) => {
      const evidence = evidenceOf(plan, [batchOf({ pairs: { n, k: n >> 2 } })]);
      const {
        evidence: together,
        guardrails,
        moves,
        next,
        standing,
      } = explained(given, {
        evidence,
        laterMs,
      });
      const sentences = [...standing, ...together, ...moves, ...next];
      assert.ok(moves.length > 0);
      for (const sentence of [...sentences, ...guardrails.map(({ weight }) => weight)]) {
        assert.match(sentence, /^[^.].*\.$/s);
        assert.doesNotMatch(sentence, /undefined|NaN|Infinity|\.\.|\[object/);
      }
    }),
  );
});
