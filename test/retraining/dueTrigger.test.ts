import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { emptyEvidence } from "../../sidecar/core/evidence/evidence.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { type Concerns, kindOf, noteEvent } from "../../sidecar/core/retraining/concern.ts";
import { dueTrigger, type Trigger } from "../../sidecar/core/retraining/dueTrigger.ts";
import type { AnomalyEvent, RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { errorRate, planWith } from "../support/evidence.ts";

const COOL_DOWN_MS = 1_000;
const plan: Plan = {
  ...planWith([errorRate]),
  retraining: { trigger: "retrain", on: ["drift", "performance"], coolDownMs: COOL_DOWN_MS },
};
const evidence = emptyEvidence(plan);
const common = { reason: "so it is", cause: { kind: "command", by: "test" } as const, evidence };
const started: RolloutEvent = { kind: "started", atMs: 1, plan, generation: 1, ...common };
const promoted: RolloutEvent = { kind: "promoted", atMs: 2, generation: 2, ...common };
const rolledBack: RolloutEvent = { kind: "rolled-back", atMs: 2, generation: 2, ...common };

function raised(anomaly: string, atMs = 3): AnomalyEvent {
  return { kind: "anomaly-raised", atMs, anomaly, reason: `${anomaly} is odd` };
}

function resolved(anomaly: string, atMs = 4): AnomalyEvent {
  return { kind: "anomaly-resolved", atMs, anomaly, reason: `${anomaly} is over` };
}

function concernsOf(log: readonly RolloutEvent[]): Concerns {
  const concerns: Concerns = new Map();
  for (const [index, event] of log.entries()) {
    noteEvent(concerns, { sequence: index + 1, id: `e${index + 1}`, rollout: "test", event });
  }
  return concerns;
}

function dueIn(
  log: readonly RolloutEvent[],
  progress: Parameters<typeof dueTrigger>[1] = { doneTo: 0, lastMs: undefined },
  nowMs = 10,
): Trigger | undefined {
  const concern = concernsOf(log).get("test");
  return concern && dueTrigger(concern, progress, nowMs);
}

test("an anomaly of a promoted version is due, under the id of its event, with all that goes on", () => {
  const due = dueIn([started, promoted, raised("drift age"), raised("f1 of v2", 5)]);
  assert.equal(due?.id, "e3");
  assert.equal(due.doneTo, 4);
  assert.deepEqual(
    due.anomalies.map(({ name, kind, sinceMs }) => [name, kind, sinceMs]),
    [
      ["drift age", "drift", 3],
      ["f1 of v2", "performance", 5],
    ],
  );
});

test("what began before the promotion is due a cool-down after it, if it goes on", () => {
  const nothing = { doneTo: 0, lastMs: undefined };
  const log = [started, raised("drift age"), promoted];
  assert.equal(dueIn([started, raised("drift age")]), undefined);
  assert.equal(dueIn(log, nothing, 1 + COOL_DOWN_MS), undefined);
  assert.equal(dueIn(log, nothing, 2 + COOL_DOWN_MS)?.id, "e2");
  assert.equal(dueIn([...log, resolved("drift age")], nothing, 2 + COOL_DOWN_MS), undefined);
  const due = dueIn([...log, raised("drift sex", 5)]);
  assert.deepEqual([due?.id, due?.anomalies.length], ["e4", 1]);
});

const nothingDue = [
  { name: "that is over", log: [started, promoted, raised("drift age"), resolved("drift age")] },
  {
    name: "of a kind that the plan leaves out",
    log: [started, promoted, raised("coverage of v2")],
  },
  { name: "of the version before", log: [started, promoted, raised("errors of v1")] },
  { name: "of a rollout that was taken back", log: [started, raised("drift age"), rolledBack] },
  {
    name: "of a rollout after which another one began",
    log: [started, promoted, raised("drift age"), { ...started, generation: 3 }],
  },
  {
    name: "of a plan without retraining",
    log: [{ ...started, plan: planWith([errorRate]) }, promoted, raised("drift age")],
  },
];

for (const { name, log } of nothingDue) {
  test(`an anomaly ${name} is due to nobody`, () => {
    assert.equal(dueIn(log), undefined);
  });
}

test("what was taken is due no more, and what comes during the cool-down is due after it, if it goes on", () => {
  const log = [started, promoted, raised("drift age")];
  const taken = { doneTo: 3, lastMs: 10 };
  assert.equal(dueIn(log, taken, 10 + 10 * COOL_DOWN_MS), undefined);
  const more = [...log, raised("drift sex", 20)];
  assert.equal(dueIn(more, taken, 9 + COOL_DOWN_MS), undefined);
  const due = dueIn(more, taken, 10 + COOL_DOWN_MS);
  assert.deepEqual([due?.id, due?.doneTo, due?.anomalies.length], ["e4", 4, 2]);
  assert.equal(dueIn([...more, resolved("drift sex")], taken, 10 + COOL_DOWN_MS), undefined);
});

test("what was not taken is due again after the cool-down, under the same id", () => {
  const log = [started, promoted, raised("drift age"), raised("drift sex", 20)];
  const refused = { doneTo: 0, lastMs: 10 };
  assert.equal(dueIn(log, refused, 9 + COOL_DOWN_MS), undefined);
  assert.equal(dueIn(log, refused, 10 + COOL_DOWN_MS)?.id, "e3");
});

test("however anomalies come and go, between two triggers there is a cool-down, and none is told twice once it was taken", () => {
  const names = ["drift a", "drift b", "f1 of v2"];
  const moves = fc.array(
    fc.record({ name: fc.constantFrom(...names), afterMs: fc.nat(2 * COOL_DOWN_MS) }),
    { maxLength: 30 },
  );
  const luck = fc.array(fc.boolean(), { minLength: 30, maxLength: 30 });
  fc.assert(
    fc.property(moves, luck, (all, taken) => {
      const log: RolloutEvent[] = [started, promoted];
      const told: Told[] = [];
      let doneTo = 0;
      let nowMs = 10;
      for (const [place, { name, afterMs }] of all.entries()) {
        nowMs += afterMs;
        log.push(toggle(log, name, nowMs));
        const due = dueIn(log, { doneTo, lastMs: told.at(-1)?.atMs }, nowMs);
        if (due !== undefined) {
          assertFits(due, told, nowMs);
          told.push({ id: due.id, atMs: nowMs, isTaken: taken[place] === true });
          doneTo = taken[place] === true ? due.doneTo : doneTo;
        }
      }
    }),
  );
});

type Told = { readonly id: string; readonly atMs: number; readonly isTaken: boolean };

function assertFits({ id }: Trigger, told: readonly Told[], nowMs: number): void {
  assert.ok(told.every((one) => !one.isTaken || one.id !== id));
  assert.ok(nowMs - (told.at(-1)?.atMs ?? Number.NEGATIVE_INFINITY) >= COOL_DOWN_MS);
}

/** The anomaly's end where it goes on, else its beginning. */
function toggle(log: readonly RolloutEvent[], name: string, atMs: number): AnomalyEvent {
  const last = log.findLast((event) => "anomaly" in event && event.anomaly === name);
  return last?.kind === "anomaly-raised" ? resolved(name, atMs) : raised(name, atMs);
}

test("each name that watching gives is of a kind", () => {
  const of = (name: string) => kindOf(name, plan);
  assert.deepEqual(["drift age", "drift of the dataset", "change of age", "drift of v1"].map(of), [
    "drift",
    "drift",
    "drift",
    "drift",
  ]);
  assert.deepEqual(
    ["errors of v2", "f1 of v2", "estimated auc of v2", "coverage of v2", "errors of v1"].map(of),
    ["performance", "performance", "performance", "coverage", undefined],
  );
});
