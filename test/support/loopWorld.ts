import { setImmediate as nextImmediate } from "node:timers/promises";
import type { Observation } from "../../sidecar/core/observation.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import { LIMITS } from "../../sidecar/limits.ts";
import type { Examiner } from "../../sidecar/loop/examiner.ts";
import { Loop } from "../../sidecar/loop.ts";
import { createMetrics, type Metrics } from "../../sidecar/metrics.ts";
import type { Hooks } from "../../sidecar/ports/hooks.ts";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import type { Log } from "../../sidecar/ports.ts";
import { PREDICTION_BOUNDS } from "../../sidecar/stores/predictionBounds.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { type ManualClock, manualClock } from "./clock.ts";
import { type Chance, FlakyActuator, FlakyStore } from "./flaky.ts";
import { type Random, seeded } from "./random.ts";

/** What happens in a world: requests, and what is found in them. */
export type Scene = {
  /** One request of the rollout "test" as the proxies in force would report it. */
  readonly see: (traffic: Traffic, nowMs: number) => Observation;
  readonly examine: Examiner;
  /** Makes the store of predictions, which outlives the loop; one that does not fail unless said otherwise. */
  readonly predictions?: (fails: Chance) => PredictionStore;
  /** What gates ask; nothing is listed when it is absent. */
  readonly hooks?: Hooks;
};

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Everything of one simulated installation, in which stores and actuators fail now and then. What is durable outlives the loop. */
export class World {
  readonly clock: ManualClock = manualClock();
  readonly store: FlakyStore;
  readonly actuator: FlakyActuator;
  readonly metrics: Metrics = createMetrics();
  readonly random: Random;
  readonly #scene: Scene;
  readonly #predictions: PredictionStore;
  loop: Loop;
  isCalm = false;

  constructor(seed: number, scene: (random: Random) => Scene) {
    this.random = seeded(seed);
    this.#scene = scene(this.random);
    this.#predictions =
      this.#scene.predictions?.(() => this.#fails(0.1)) ??
      createMemoryPredictions(PREDICTION_BOUNDS);
    this.store = new FlakyStore(() => this.#fails(0.1));
    this.actuator = new FlakyActuator(() => this.#fails(0.15));
    this.loop = this.#newLoop();
  }

  /** The process dies and another one begins on the same store. */
  async restart(): Promise<void> {
    this.loop = this.#newLoop();
    for (let attempt = 0; attempt < 100; attempt += 1) {
      try {
        await this.loop.open();
        return;
      } catch {
        this.loop = this.#newLoop();
      }
    }
  }

  async turn(): Promise<void> {
    this.clock.advance(Math.floor(this.random.next() * 400));
    this.#see();
    this.loop.drain(Number.POSITIVE_INFINITY);
    await this.loop.turn();
    await nextImmediate();
    if (this.random.next() < 0.3 || this.isCalm) {
      this.actuator.arrive();
    }
  }

  /** Something that a person does, now and then. */
  async meddle(): Promise<void> {
    const luck = this.random.next();
    const kind = luck < 0.02 ? "pause" : luck < 0.05 ? "resume" : undefined;
    if (kind !== undefined) {
      const asked = this.loop.command("test", { kind, by: "test", reason: "" }, undefined);
      asked.catch(() => undefined);
    }
    if (luck > 0.98) {
      await this.restart();
    }
  }

  /** Requests as the proxies in force would send them. */
  #see(): void {
    const traffic = this.actuator.inForce.get("test");
    if (traffic !== undefined) {
      const nowMs = this.clock.wallMs();
      const observations = Array.from({ length: 10 }, () => this.#scene.see(traffic, nowMs));
      this.loop.offer({ observations, bytes: 1, counted: () => undefined });
    }
  }

  #fails(chance: number): boolean {
    return !this.isCalm && this.random.next() < chance;
  }

  #newLoop(): Loop {
    const { actuator, clock, metrics, store } = this;
    return new Loop({
      hooks: this.#scene.hooks,
      actuator,
      clock,
      store,
      metrics,
      random: () => this.random.next(),
      log: silent,
      limits: LIMITS,
      predictions: this.#predictions,
      makeExaminer: () => this.#scene.examine,
    });
  }
}
