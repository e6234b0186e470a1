import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { Step } from "../../sidecar/core/plan/step.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { replay } from "../../sidecar/core/rollout/evolve.ts";
import { isFinal, type RolloutState } from "../../sidecar/core/rollout/state.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { gatesBefore } from "../../sidecar/core/rollout/transition.ts";
import { sameTraffic } from "../../sidecar/core/traffic.ts";
import type { Judgement } from "../../sidecar/core/verdict.ts";
import { errorRate, planWith } from "../support/evidence.ts";
import { type Moment, play, type Turn } from "../support/turns.ts";

const none = { pairs: 0, requests: 0, timeMs: 0 };
const steps: readonly Step[] = [
  { kind: "shadow", shadowBp: 10_000, minimum: none, gates: { before: ["start"], after: [] } },
  { kind: "preview", shadowBp: 5_000, minimum: { pairs: 5, requests: 3, timeMs: 1_000 } },
  { kind: "canary", candidateBp: 500, shadowBp: 10_000, minimum: none },
  {
    kind: "canary",
    candidateBp: 2_500,
    shadowBp: 0,
    minimum: none,
    gates: { before: ["before"], after: ["after"] },
  },
  { kind: "pause", approval: true, gates: { before: [], after: ["smoke"] } },
  { kind: "switch", keepForMs: 2_000, shadowBp: 1_000 },
];
const wholePlan: Plan = {
  ...planWith([errorRate]),
  steps,
  rollback: { everyMs: 1_000 },
  readiness: { candidate: "http://localhost/", everyMs: 1_000, failures: 1 },
  maximum: { timeMs: 30_000, outcome: "rollback" },
};

const turns: fc.Arbitrary<Turn[]> = fc.array(
  fc.record({
    passedMs: fc.nat({ max: 2_000 }),
    pairs: fc.nat({ max: 10 }),
    requests: fc.nat({ max: 10 }),
    tests: fc.nat({ max: 5 }),
    judgement: fc.oneof(
      { weight: 12, arbitrary: fc.constant<Judgement>("pass") },
      { weight: 4, arbitrary: fc.constant<Judgement>("inconclusive") },
      { weight: 1, arbitrary: fc.constant<Judgement>("fail") },
    ),
    isTripped: fc.boolean(),
    command: fc.oneof(
      { weight: 30, arbitrary: fc.constant(undefined) },
      { weight: 6, arbitrary: fc.constant("approve" as const) },
      {
        weight: 4,
        arbitrary: fc.constantFrom(
          ...(["pause", "resume", "promote", "rollback", "delete"] as const),
        ),
      },
    ),
    unready: fc.oneof(
      { weight: 8, arbitrary: fc.constant({}) },
      {
        weight: 2,
        arbitrary: fc.constantFrom(
          { candidate: "v2 is not ready" },
          { primary: "v1 is not ready" },
          { primary: "v1 is not ready", candidate: "v2 is not ready" },
        ),
      },
    ),
    gate: fc.oneof(
      { weight: 8, arbitrary: fc.constant("pass" as const) },
      { weight: 1, arbitrary: fc.constantFrom("rollback" as const, "hold" as const, undefined) },
    ),
  }),
  { maxLength: 60 },
);

function holds(law: (moment: Moment) => boolean): void {
  fc.assert(
    fc.property(turns, (given) => play(wholePlan, given).moments.every(law)),
    { numRuns: 400 },
  );
}

const weight = (state: RolloutState): number => trafficOf(wholePlan, state).candidateBp;
const isRaised = ({ before, after }: Moment): boolean => weight(after) > weight(before);
const isOnPerson = ({ turn }: Moment): boolean => turn.command !== undefined;

test("the weight rises only after a pass, an approval or a promotion that somebody asked for", () => {
  holds(
    (moment) =>
      !isRaised(moment) ||
      moment.turn.judgement === "pass" ||
      ["approve", "promote"].includes(moment.turn.command ?? ""),
  );
});

test("the weight never rises towards a candidate that is not ready, whoever asks", () => {
  holds((moment) => !isRaised(moment) || moment.turn.unready?.candidate === undefined);
});

test("no step begins before every gate in front of it has passed, but for a promotion that somebody asked for", () => {
  holds(({ before, event }) => {
    const missing = gatesBefore(wholePlan, before).filter(
      (gate) => !before.gates?.passed.includes(gate),
    );
    const isAsked = event?.kind === "promoted" && event.cause.kind === "command";
    const isOnward = event?.kind === "step-advanced" || event?.kind === "promoted";
    return !isOnward || isAsked || missing.length === 0;
  });
});

test("an approval is never taken for granted: a pause for one ends by a command alone", () => {
  holds(
    ({ before, event }) =>
      before.isWaiting === true ||
      steps[before.stepIndex]?.kind !== "pause" ||
      event?.kind !== "step-advanced" ||
      event.cause.kind === "command",
  );
});

test("a failed verdict takes users back in every step, and at once where none were given or the breaker has tripped", () => {
  holds((moment) => {
    const { turn, before, after } = moment;
    const isHeld = turn.unready?.primary !== undefined && turn.unready.candidate === undefined;
    const isLate = isFinal(before) || before.phase === "rolling-back";
    if (turn.judgement !== "fail" || isHeld || isLate) {
      return true;
    }
    const isBack = after.phase === "rolled-back" || after.phase === "rolling-back";
    const isAtOnce = after.phase === "rolled-back";
    return isBack && (isAtOnce || (weight(before) > 500 && turn.isTripped !== true));
  });
});

test("a rollback that somebody asks for goes ahead whatever is not ready", () => {
  holds(
    ({ turn, before, after }) =>
      turn.command !== "rollback" || isFinal(before) || after.phase.startsWith("roll"),
  );
});

test("a rollout that goes back never rises again, and ends without users", () => {
  holds(
    ({ before, after }) =>
      before.phase !== "rolling-back" ||
      (weight(after) <= weight(before) &&
        (after.phase === "rolling-back" || after.phase === "rolled-back")),
  );
});

test("an ended rollout takes nothing but being deleted, once", () => {
  holds(
    ({ turn, before, event }) =>
      !isFinal(before) ||
      event === undefined ||
      (event.kind === "deleted" && turn.command === "delete" && before.deletedAtMs === undefined),
  );
});

test("a paused rollout asks no gate and goes nowhere but by a failure or a command", () => {
  holds(
    (moment) =>
      moment.before.phase !== "paused" ||
      moment.turn.judgement === "fail" ||
      isOnPerson(moment) ||
      moment.before.gates?.failed !== undefined ||
      moment.event === undefined,
  );
});

test("the generation rises whenever the traffic changes", () => {
  holds(({ before, after }) => {
    const [old, now] = [trafficOf(wholePlan, before), trafficOf(wholePlan, after)];
    return sameTraffic(old, now) || now.generation > old.generation;
  });
});

test("replaying the log as it is stored gives the state, whatever the steps", () => {
  fc.assert(
    fc.property(turns, (given) => {
      const { moments, log } = play(wholePlan, given);
      const stored: RolloutEvent[] = JSON.parse(JSON.stringify(log));
      const state = moments.at(-1)?.after ?? replay(log);
      assert.deepStrictEqual(replay(stored), JSON.parse(JSON.stringify(state)));
    }),
  );
});

test("every kind of step is passed by some rollout of these", () => {
  const pass: Turn = { passedMs: 2_000, pairs: 5, tests: 3, judgement: "pass", gate: "pass" };
  const { moments } = play(wholePlan, [
    ...[pass, pass, pass, pass, pass, pass, pass, pass, pass],
    { ...pass, command: "approve" },
    pass,
  ]);
  assert.equal(moments.at(-1)?.after.phase, "promoted");
  assert.deepEqual(
    moments.map(({ event }) => event?.kind),
    [
      ...["gate-passed", "step-advanced", "step-advanced", "step-advanced", "gate-passed"],
      ...["step-advanced", "gate-passed", "step-advanced", "gate-passed", "step-advanced"],
      "promoted",
    ],
  );
});
