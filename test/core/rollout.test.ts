import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import type { Command } from "../../sidecar/core/rollout/command.ts";
import { decide } from "../../sidecar/core/rollout/decide.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve, replay } from "../../sidecar/core/rollout/evolve.ts";
import { start } from "../../sidecar/core/rollout/start.ts";
import { isFinal, type RolloutState } from "../../sidecar/core/rollout/state.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { sameTraffic } from "../../sidecar/core/traffic.ts";
import type { Judgement, Verdict } from "../../sidecar/core/verdict.ts";
import { errorRate, planWith } from "../support/evidence.ts";

/** What one turn of the loop gives to `decide`. */
type Turn = {
  readonly passedMs: number;
  readonly pairs: number;
  readonly requests: number;
  readonly judgement: Judgement;
  readonly command: Command["kind"] | undefined;
  readonly generationInForce: number;
};

const minimum = { pairs: 10, requests: 5, timeMs: 1_000 };
const steps: readonly Step[] = [
  { kind: "shadow", shadowBp: 10_000, minimum: { ...minimum, requests: 0 } },
  { kind: "canary", candidateBp: 500, shadowBp: 10_000, minimum },
  { kind: "canary", candidateBp: 2_500, shadowBp: 0, minimum },
];
const plan: Plan = { ...planWith([errorRate]), steps };

function begin(previous?: RolloutState): RolloutEvent {
  const evidence = emptyEvidence(plan);
  return start(plan, { nowMs: 1_000, by: "test", evidence, previous, generationInForce: 0 });
}

function verdictOf(judgement: Judgement): Verdict {
  return {
    judgement,
    reasons: [`it is ${judgement}`],
    guardrails: [],
    requestsNeeded: undefined,
    secondsNeeded: undefined,
    withheld: undefined,
  };
}

const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    passedMs: fc.nat({ max: 2_000 }),
    pairs: fc.nat({ max: 20 }),
    requests: fc.nat({ max: 10 }),
    judgement: fc.constantFrom<Judgement>("pass", "pass", "inconclusive", "fail"),
    command: fc.constantFrom(undefined, undefined, "pause", "resume", "promote", "rollback"),
    generationInForce: fc.nat({ max: 10 }),
  }),
  { maxLength: 40 },
);

type Moment = {
  readonly turn: Turn;
  readonly before: RolloutState;
  readonly event: RolloutEvent | undefined;
  readonly after: RolloutState;
};

/** Every turn with the state before and after, from a first start on. */
function play(given: readonly Turn[]): { moments: Moment[]; log: RolloutEvent[] } {
  const first = begin();
  const log = [first];
  const moments: Moment[] = [];
  let state = evolve(undefined, first);
  let nowMs = first.atMs;
  const evidence = { ...emptyEvidence(plan), requests: { primary: 0, candidate: 0 } };
  for (const turn of given) {
    nowMs += turn.passedMs;
    evidence.pairs += turn.pairs;
    evidence.requests.candidate += turn.requests;
    const event = decide(plan, state, {
      nowMs,
      evidence: structuredClone(evidence),
      verdict: verdictOf(turn.judgement),
      generationInForce: turn.generationInForce,
      command: turn.command && { kind: turn.command, by: "test", reason: "" },
    });
    const after = event === undefined ? state : evolve(state, event);
    log.push(...(event === undefined ? [] : [event]));
    moments.push({ turn, before: state, event, after });
    state = after;
  }
  return { moments, log };
}

function holds(law: (moment: Moment) => boolean): void {
  fc.assert(fc.property(turns, (given) => play(given).moments.every(law)));
}

const weight = (state: RolloutState): number => trafficOf(plan, state).candidateBp;

test("the weight is a whole number from 0 to 10,000", () => {
  holds(
    ({ after }) => Number.isInteger(weight(after)) && weight(after) >= 0 && weight(after) <= 10_000,
  );
});

test("the weight rises only after a pass or a promote command", () => {
  holds(
    ({ turn, before, after }) =>
      weight(after) <= weight(before) || turn.judgement === "pass" || turn.command === "promote",
  );
});

test("an inconclusive verdict alone never moves the weight", () => {
  holds(
    ({ turn, before, after }) =>
      turn.judgement !== "inconclusive" ||
      turn.command === "promote" ||
      turn.command === "rollback" ||
      weight(after) === weight(before),
  );
});

test("a failed verdict rolls back at once, paused or not, whatever is commanded", () => {
  holds(
    ({ turn, before, after }) =>
      turn.judgement !== "fail" || isFinal(before) || after.phase === "rolled-back",
  );
});

test("an ended rollout stays as it ended", () => {
  holds(({ before, event }) => !isFinal(before) || event === undefined);
});

test("a paused rollout keeps its weight but for a failed verdict or a command", () => {
  holds(
    ({ turn, before, after }) =>
      before.phase !== "paused" ||
      turn.judgement === "fail" ||
      turn.command !== undefined ||
      after === before,
  );
});

test("a step ends by evidence only after its minimum of pairs, requests and time since it began", () => {
  const passed: Turn = {
    passedMs: 1_000,
    pairs: 10,
    requests: 5,
    judgement: "pass",
    command: undefined,
    generationInForce: 0,
  };
  const short: readonly { name: string; given: Partial<Turn>; expected: number }[] = [
    { name: "all there", given: {}, expected: 2 },
    { name: "a pair short", given: { pairs: 9 }, expected: 1 },
    { name: "a request short", given: { requests: 4 }, expected: 1 },
    { name: "a millisecond short", given: { passedMs: 999 }, expected: 1 },
  ];
  for (const { name, given, expected } of short) {
    const { moments } = play([passed, { ...passed, ...given }]);
    assert.equal(moments.at(-1)?.after.stepIndex, expected, name);
  }
});

test("a pass of the last step promotes", () => {
  const passed: Turn = {
    passedMs: 1_000,
    pairs: 10,
    requests: 5,
    judgement: "pass",
    command: undefined,
    generationInForce: 0,
  };
  const phases = play([passed, passed, passed]).moments.map(({ after }) => after.phase);
  assert.deepEqual(phases, ["progressing", "progressing", "promoted"]);
});

test("the generation rises whenever the traffic changes, above the one in force, and never falls", () => {
  holds(({ turn, before, after }) => {
    const [old, now] = [trafficOf(plan, before), trafficOf(plan, after)];
    const isRisen = now.generation > Math.max(old.generation, turn.generationInForce);
    return sameTraffic(old, now) || isRisen;
  });
});

test("the revision counts the events", () => {
  holds(
    ({ before, event, after }) => after.revision === before.revision + Number(event !== undefined),
  );
});

test("replaying the log gives the state", () => {
  fc.assert(
    fc.property(turns, (given) => {
      const { moments, log } = play(given);
      const stored: RolloutEvent[] = JSON.parse(JSON.stringify(log));
      assert.deepEqual(replay(stored), moments.at(-1)?.after ?? replay(log));
    }),
  );
});

test("after a rollback nothing raises the weight but a new plan, whose generation is greater", () => {
  fc.assert(
    fc.property(turns, turns, (given, later) => {
      const { moments } = play([...given, { ...rollback, judgement: "inconclusive" }, ...later]);
      const ended = moments[given.length]?.after;
      assert.ok(ended !== undefined && isFinal(ended));
      assert.deepEqual(moments.at(-1)?.after, ended);
      const again = evolve(ended, begin(ended));
      assert.ok(again.generation > ended.generation && again.revision > ended.revision);
      assert.equal(weight(again), 0);
    }),
  );
});

const rollback: Turn = {
  passedMs: 0,
  pairs: 0,
  requests: 0,
  judgement: "inconclusive",
  command: "rollback",
  generationInForce: 0,
};

test("an event that can't follow is refused", () => {
  const state = evolve(undefined, begin());
  const [, rolledBack] = play([rollback]).log;
  assert.ok(rolledBack !== undefined);
  const ended = evolve(state, rolledBack);
  assert.throws(() => evolve(undefined, rolledBack), /before started/);
  assert.throws(() => evolve(ended, rolledBack), /rolled-back after rolled-back/);
  assert.throws(() => evolve(state, begin()), /before the rollout had ended/);
});
