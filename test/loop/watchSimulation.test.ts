import assert from "node:assert/strict";
import { test } from "node:test";
import { thresholdsAt } from "../../sidecar/core/drift/assess.ts";
import type { Prediction } from "../../sidecar/core/performance/prediction.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { replay } from "../../sidecar/core/rollout/evolve.ts";
import { profileOfColumns } from "../support/builtProfiles.ts";
import { answerWith, observationWith, planWith } from "../support/evidence.ts";
import { flakyPredictions } from "../support/flaky.ts";
import { compareStatus } from "../support/loopHarness.ts";
import { type Scene, World } from "../support/loopWorld.ts";
import { type Random, seeded } from "../support/random.ts";

const TURNS = 900;
/** For so many turns users are as they were, and then for as many they are older and the candidate is more often wrong. */
const SEASON_TURNS = 150;
const WINDOW = 200;

const random = seeded(5);
const reference = await profileOfColumns({
  age: Array.from({ length: 1_000 }, () => 60 * random.next()),
});

const plan: Plan = {
  ...planWith([{ kind: "accuracy", name: "accuracy", tolerance: 0.5, weight: 1, dryRun: false }]),
  requestTimeoutMs: 500,
  steps: [
    {
      kind: "shadow",
      shadowBp: 10_000,
      minimum: { pairs: 1_000_000, requests: 0, timeMs: 0 },
    },
  ],
  captureBp: 10_000,
  labels: { horizonMs: 1_000, missing: "exclude", coverage: 0.1, positive: "1" },
  drift: {
    reference,
    features: [],
    windowRows: WINDOW,
    windowMs: 3_600_000,
    falseAlarmEveryMs: 30 * 24 * 3_600_000,
    thresholds: thresholdsAt(0.1),
    streams: { adwin: true, pageHinkley: false },
  },
};

/** Captured pairs, and their labels in the loop that is there then; some labels come twice, some never. */
class Season implements Scene {
  readonly #random: Random;
  readonly predictions = flakyPredictions;
  sent = 0;
  isBad = false;

  constructor(chance: Random) {
    this.#random = chance;
  }

  see({ generation }: { readonly generation: number }, startMs: number) {
    this.sent += 1;
    const [answer, shadow] = [answerWith(), answerWith()];
    return observationWith({ startMs, generation, requestId: `r${this.sent}`, answer, shadow });
  }

  readonly examine: Scene["examine"] = (observation) => {
    const { requestId: id, startMs: atMs } = observation;
    const isWrong = this.#random.next() < (this.isBad ? 0.6 : 0.05);
    const said = { rollout: "test", id, atMs } as const;
    const predictions: Prediction[] = [
      { ...said, variant: "primary", version: "v1", label: 1 },
      { ...said, variant: "candidate", version: "v2", label: isWrong ? 0 : 1 },
    ];
    const row = [60 * this.#random.next() + (this.isBad ? 40 : 0)];
    return { comparison: compareStatus(observation), predictions, row };
  };

  /** Labels for the last requests. */
  labels() {
    return Array.from({ length: 15 }, (_, back) => ({
      rollout: "test",
      id: `r${Math.max(1, this.sent - back)}`,
      label: 1,
    }));
  }
}

test("with failing stores of both kinds and restarts, anomalies are logged once, and nothing is counted twice (one seed)", async () => {
  let season = new Season(random);
  const world = new World(3, (chance) => {
    season = new Season(chance);
    return season;
  });
  await world.restart();
  while ((await world.store.durable.load()).size === 0) {
    world.loop.start(plan, "test").catch(() => undefined);
    await world.turn();
  }
  for (let turn = 0; turn < TURNS; turn += 1) {
    season.isBad = Math.floor(turn / SEASON_TURNS) % 2 === 1;
    await world.meddle();
    await world.turn();
    await world.loop.labels.record(season.labels()).catch(() => undefined);
  }
  season.isBad = false;
  world.isCalm = true;
  for (let turn = 0; turn < 300; turn += 1) {
    await world.turn();
  }

  const log = await world.store.durable.events("test");
  const state = replay(log);
  assert.ok(state !== undefined);
  assert.equal(state.phase, "progressing");
  assert.deepEqual(world.loop.get("test")?.state, state);
  assert.ok(!state.anomalies.some(({ name }) => name === "drift age"));
  const raised = log.filter((event) => event.kind === "anomaly-raised");
  for (const name of ["drift age", "errors of v2"]) {
    const times = raised.filter(({ anomaly }) => anomaly === name).length;
    assert.ok(times >= 2 && times <= TURNS / SEASON_TURNS, `${name}: ${times}`);
  }
  const { accuracy } = world.loop.get("test")?.evidence.guardrails ?? {};
  assert.ok(accuracy?.kind === "accuracy");
  assert.ok(accuracy.labelled.candidate > season.sent / 4);
  assert.ok(accuracy.matured.candidate <= season.sent);
  assert.deepEqual((await world.metrics.faults.get()).values, []);
});
