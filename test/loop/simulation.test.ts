import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate as nextImmediate } from "node:timers/promises";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import type { RolloutEvent } from "../../sidecar/core/rollout/event.ts";
import { evolve, replay } from "../../sidecar/core/rollout/evolve.ts";
import { isFinal, type RolloutState } from "../../sidecar/core/rollout/state.ts";
import { trafficOf } from "../../sidecar/core/rollout/trafficOf.ts";
import {
  answerWith,
  disagreement,
  errorRate,
  observationWith,
  planWith,
} from "../support/evidence.ts";
import { compareStatus } from "../support/loopHarness.ts";
import { type Scene, World } from "../support/loopWorld.ts";
import type { Random } from "../support/random.ts";

const TURNS = 300;
const minimum = { pairs: 20, requests: 10, timeMs: 2_000 };
const plan: Plan = {
  ...planWith([
    { ...errorRate, tolerance: 0.1 },
    { ...disagreement, tolerance: 0.3 },
  ]),
  requestTimeoutMs: 500,
  steps: [
    { kind: "shadow", shadowBp: 10_000, minimum: { ...minimum, requests: 0 } },
    { kind: "canary", candidateBp: 2_500, shadowBp: 10_000, minimum },
    { kind: "canary", candidateBp: 5_000, shadowBp: 5_000, minimum },
  ],
};
/** A candidate that is good, or fails often. */
function scene(random: Random): Scene {
  const errors = random.next() < 0.5 ? 0 : 0.4;
  return {
    see: ({ candidateBp, generation }, startMs) => {
      const isCandidate = random.next() * 10_000 < candidateBp;
      const status = random.next() < errors ? 500 : 200;
      const [primary, candidate] = [answerWith(), answerWith({ status })];
      return observationWith({
        startMs,
        generation,
        served: isCandidate ? "candidate" : "primary",
        answer: isCandidate ? candidate : primary,
        shadow: isCandidate ? primary : candidate,
      });
    },
    examine: (observation) => ({
      comparison: compareStatus(observation),
      predictions: [],
      row: undefined,
    }),
  };
}

/** The state after each event of the log. */
function statesOf(log: readonly RolloutEvent[]): RolloutState[] {
  const states: RolloutState[] = [];
  for (const event of log) {
    states.push(evolve(states.at(-1), event));
  }
  return states;
}

function isAllowed(event: RolloutEvent): boolean {
  if (event.kind !== "step-advanced" && event.kind !== "promoted") {
    return true;
  }
  const { cause } = event;
  return (
    cause.kind === "command" || (cause.kind === "evidence" && cause.verdict.judgement === "pass")
  );
}

async function simulate(seed: number): Promise<World> {
  const world = new World(seed, scene);
  await world.restart();
  for (let turn = 0; turn < TURNS; turn += 1) {
    if ((await world.store.durable.load()).size === 0) {
      world.loop.start(plan, "test").catch(() => undefined);
      await nextImmediate();
    }
    await world.meddle();
    await world.turn();
  }
  return world;
}

const seeds = Array.from({ length: 12 }, (_, index) => index + 1);

for (const seed of seeds) {
  test(`with failing stores and actuators and restarts, the laws hold (seed ${seed})`, async () => {
    const world = await simulate(seed);
    const log = await world.store.durable.events("test");
    const states = statesOf(log);
    assert.equal(log.filter(({ kind }) => kind === "started").length, 1);
    assert.ok(log.every(isAllowed));

    const asked = states.map((state) => JSON.stringify(trafficOf(plan, state)));
    const served = world.actuator.served.map(({ traffic }) => JSON.stringify(traffic));
    assert.deepEqual(
      served.filter((traffic) => !asked.includes(traffic)),
      [],
    );

    world.isCalm = true;
    for (let turn = 0; turn < 100; turn += 1) {
      await world.turn();
    }
    const state = replay(await world.store.durable.events("test"));
    assert.ok(state !== undefined);
    assert.deepEqual(world.actuator.inForce.get("test"), trafficOf(plan, state));
    assert.deepEqual(world.loop.get("test")?.state, state);

    await world.restart();
    assert.deepEqual(world.loop.get("test")?.traffic, trafficOf(plan, state));
    const faults = await world.metrics.faults.get();
    assert.deepEqual(faults.values, []);
  });
}

test("the seeds together see rollouts promoted and rolled back", async () => {
  const phases = new Set<string>();
  for (const seed of seeds) {
    const world = await simulate(seed);
    const state = replay(await world.store.durable.events("test"));
    phases.add(state !== undefined && isFinal(state) ? state.phase : "under way");
  }
  assert.ok(phases.has("promoted") && phases.has("rolled-back"), [...phases].join());
});
