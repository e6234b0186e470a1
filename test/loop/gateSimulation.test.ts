import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextImmediate } from "node:timers/promises";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve } from "../../sidecar/core/rollout/evolve.ts";
import type { RolloutState } from "../../sidecar/core/rollout/state.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import { gatesBefore } from "../../sidecar/core/rollout/transition.ts";
import type { GateQuestion, Hook, HookAnswer } from "../../sidecar/ports/hooks.ts";
import { OutgoingError } from "../../sidecar/ports/outgoing.ts";
import { answerWith, observationWith } from "../support/evidence.ts";
import { FakeHook } from "../support/fakeHook.ts";
import { compareStatus, quickPlan } from "../support/loopHarness.ts";
import { type Scene, World } from "../support/loopWorld.ts";
import type { Random } from "../support/random.ts";

const TURNS = 400;
const GATES = ["start", "smoke", "board", "last"] as const;
const [shadow, canary] = quickPlan.steps;
const plan: Plan = {
  ...quickPlan,
  steps: [
    ...(shadow ? [{ ...shadow, gates: { before: ["start"], after: ["smoke"] } }] : []),
    ...(canary ? [{ ...canary, gates: { before: ["board"], after: ["last"] } }] : []),
  ],
};

/** A hook that says yes in the end, after all that hooks do. */
class MoodyHook extends FakeHook {
  readonly #random: Random;
  isCalm = false;

  constructor(random: Random) {
    super({ onFailure: "hold" });
    this.#random = random;
  }

  override ask(question: GateQuestion, signal: AbortSignal): Promise<HookAnswer> {
    const moods = [
      { outcome: "pass", reason: "all is well" },
      { outcome: "later", reason: "not yet", retryAfterMs: undefined },
      { outcome: "fail", reason: "no" },
      new OutgoingError("unreachable", "ECONNRESET"),
      "breaks",
      "hangs",
    ] as const;
    const mood = this.isCalm ? 0 : Math.floor(this.#random.next() * moods.length);
    this.says = moods[mood] ?? "hangs";
    return super.ask(question, signal);
  }
}

/** A good candidate, whose gates are moody. */
function sceneWith(
  hooks: (random: Random) => ReadonlyMap<string, Hook>,
): (random: Random) => Scene {
  return (random) => ({
    hooks: hooks(random),
    see: ({ candidateBp, generation }, startMs) => {
      const isCandidate = random.next() * 10_000 < candidateBp;
      const served = isCandidate ? "candidate" : "primary";
      const answers = { answer: answerWith(), shadow: answerWith() };
      return observationWith({ startMs, generation, served, ...answers });
    },
    examine: (observation) => ({
      comparison: compareStatus(observation),
      predictions: [],
      row: undefined,
    }),
  });
}

/** Gates that had not passed when a rollout went on all the same. */
function goneThrough(log: readonly RolloutEvent[]): readonly string[] {
  const through: string[] = [];
  let state: RolloutState | undefined;
  for (const event of log) {
    const isOnward = event.kind === "step-advanced" || event.kind === "promoted";
    const gates = state && isOnward ? gatesBefore(plan, state) : [];
    through.push(...gates.filter((gate) => state?.gates?.passed.includes(gate) !== true));
    state = evolve(state, event);
  }
  return through;
}

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

for (const seed of seeds) {
  test(`with moody gates, failing stores and restarts no gate is gone through, nor answers twice (seed ${seed})`, async () => {
    const hooks = new Map<string, MoodyHook>();
    const world = new World(
      seed,
      sceneWith((random) => {
        GATES.map((gate) => hooks.set(gate, new MoodyHook(random)));
        return hooks;
      }),
    );
    await world.restart();
    for (let turn = 0; turn < TURNS; turn += 1) {
      if ((await world.store.durable.load()).size === 0) {
        world.loop.start(plan, "test").catch(() => undefined);
        await nextImmediate();
      }
      await world.meddle();
      await world.turn();
    }
    world.isCalm = true;
    for (const hook of hooks.values()) {
      hook.isCalm = true;
    }
    for (let turn = 0; turn < 600; turn += 1) {
      const resumed = world.loop.command(
        "test",
        { kind: "resume", by: "me", reason: "" },
        undefined,
      );
      resumed.catch(() => undefined);
      await world.turn();
    }
    const log = await world.store.durable.events("test");
    assert.deepEqual(goneThrough(log), []);
    const state = log.reduce<RolloutState | undefined>(evolve, undefined);
    assert.equal(state?.phase, "promoted");
    assert.deepEqual(world.actuator.inForce.get("test"), state && trafficOf(plan, state));
    const answered = log.filter(({ kind }) => kind === "gate-passed");
    assert.equal(answered.length, GATES.length);
    const asked = [...hooks.values()].flatMap((hook): readonly GateQuestion[] => hook.asked);
    assert.ok(asked.length > GATES.length, `${asked.length} attempts`);
  });
}
