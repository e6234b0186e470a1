import { MemoryActuator } from "../../sidecar/actuators/memory.ts";
import type { Comparison } from "../../sidecar/core/compare/comparison.ts";
import type { Observation } from "../../sidecar/core/observation.ts";
import type { Plan } from "../../sidecar/core/plan/plan.ts";
import { LIMITS } from "../../sidecar/limits.ts";
import { Loop } from "../../sidecar/loop.ts";
import { createMetrics, type Metrics } from "../../sidecar/metrics.ts";
import type { Hooks } from "../../sidecar/ports/hooks.ts";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import type { Probe } from "../../sidecar/ports/probe.ts";
import type { Actuator, RolloutView, Store } from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { PREDICTION_BOUNDS } from "../../sidecar/stores/predictionBounds.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";
import { type ManualClock, manualClock } from "./clock.ts";
import { answerWith, disagreement, errorRate, observationWith, planWith } from "./evidence.ts";

/** A plan that little evidence passes: shadow, then half the users. */
export const quickPlan: Plan = {
  ...planWith([
    { ...errorRate, tolerance: 0.1 },
    { ...disagreement, tolerance: 0.3 },
  ]),
  requestTimeoutMs: 500,
  steps: [
    { kind: "shadow", shadowBp: 10_000, minimum: { pairs: 20, requests: 0, timeMs: 0 } },
    {
      kind: "canary",
      candidateBp: 5_000,
      shadowBp: 10_000,
      minimum: { pairs: 0, requests: 20, timeMs: 0 },
    },
  ],
};

/** Says that answers differ when their status does. */
export const compareStatus = ({ answer, shadow }: Observation): Comparison | undefined =>
  shadow && {
    method: "bytes",
    undecodable: [],
    equal: answer.status === shadow.status,
    differences: [],
    differencesCount: 0,
    prediction: undefined,
  };

/** A loop in the hands of a test: time moves, and turns happen, only when it says so. */
export class LoopHarness {
  readonly clock: ManualClock;
  readonly metrics: Metrics = createMetrics();
  readonly store: Store;
  readonly actuator: Actuator;
  readonly predictions: PredictionStore = createMemoryPredictions(PREDICTION_BOUNDS);
  readonly logged: { readonly message: string; readonly fields: object }[] = [];
  readonly #asked: { readonly hooks?: Hooks | undefined; readonly probe?: Probe | undefined };
  loop: Loop;

  constructor(
    parts: {
      readonly hooks?: Hooks;
      readonly probe?: Probe;
      readonly store?: Store;
      readonly actuator?: Actuator;
      readonly clock?: ManualClock;
    } = {},
  ) {
    this.#asked = { hooks: parts.hooks, probe: parts.probe };
    this.store = parts.store ?? createMemoryStore();
    this.actuator = parts.actuator ?? new MemoryActuator();
    this.clock = parts.clock ?? manualClock();
    this.loop = this.#newLoop();
  }

  /** Another process begins on the same store. */
  async restart(): Promise<void> {
    this.loop = this.#newLoop();
    await this.loop.open();
  }

  async start(plan: Plan = quickPlan): Promise<RolloutView> {
    const started = this.loop.start(plan, "test");
    await new Promise(setImmediate);
    await this.loop.turn();
    return await started;
  }

  /** Requests of this moment, all copied: to the primary, and as many to the candidate, which answers with the status. */
  see(count: number, candidateStatus = 200): void {
    const candidate = answerWith({ status: candidateStatus });
    const startMs = this.clock.wallMs();
    const pair = { startMs, served: "primary", answer: answerWith(), shadow: candidate } as const;
    const canary = {
      ...pair,
      served: "candidate",
      answer: candidate,
      shadow: answerWith(),
    } as const;
    const { candidateBp = 0 } = this.loop.get("test")?.traffic ?? {};
    const observations = Array.from({ length: count }, (_, index) =>
      observationWith(index % 2 === 0 || candidateBp === 0 ? pair : canary),
    );
    this.loop.offer({ observations, bytes: 1, counted: () => undefined });
    this.loop.drain(Number.POSITIVE_INFINITY);
  }

  /** Time passes, and the loop turns. */
  async turn(passedMs = 100): Promise<RolloutView | undefined> {
    this.clock.advance(passedMs);
    await this.loop.turn();
    await new Promise(setImmediate);
    return this.loop.get("test");
  }

  /** Sees requests and turns until the view is as asked, or 200 times. */
  async turnUntil(
    isThere: (view: RolloutView) => boolean,
    candidateStatus = 200,
  ): Promise<RolloutView | undefined> {
    for (let turns = 0; turns < 200; turns += 1) {
      this.see(10, candidateStatus);
      const view = await this.turn(500);
      if (view !== undefined && isThere(view)) {
        return view;
      }
    }
    return this.loop.get("test");
  }

  #newLoop(): Loop {
    const { actuator, clock, metrics, store } = this;
    const note = (fields: object, message: string): void => {
      this.logged.push({ message, fields });
    };
    return new Loop({
      ...this.#asked,
      actuator,
      clock,
      metrics,
      store,
      random: () => 0.5,
      log: { info: note, warn: note, error: note },
      limits: LIMITS,
      predictions: this.predictions,
      makeExaminer: () => (observation) => ({
        comparison: compareStatus(observation),
        predictions: [],
        row: undefined,
      }),
    });
  }
}
