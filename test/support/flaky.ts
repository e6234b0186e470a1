import type { Target } from "../../sidecar/core/target.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import type { PredictionStore } from "../../sidecar/ports/predictions.ts";
import {
  type Actuator,
  ActuatorError,
  type Change,
  type Reading,
  type Store,
  StoreError,
} from "../../sidecar/ports.ts";
import { createMemoryStore } from "../../sidecar/stores/memory.ts";
import { PREDICTION_BOUNDS } from "../../sidecar/stores/predictionBounds.ts";
import { createMemoryPredictions } from "../../sidecar/stores/predictionsMemory.ts";

/** Whether, and how, the next call goes wrong. */
export type Chance = () => boolean;

/**
 * A store whose calls fail now and then: a save may fail before or after it was made, and nobody can tell which. What it holds
 * survives, as a file does.
 */
export class FlakyStore implements Store {
  readonly durable: Store = createMemoryStore();
  readonly #fails: Chance;

  constructor(fails: Chance) {
    this.#fails = fails;
  }

  async load(): ReturnType<Store["load"]> {
    maybeFail(this.#fails);
    return this.durable.load();
  }

  async save(change: Change): Promise<void> {
    maybeFail(this.#fails);
    await this.durable.save(change);
    maybeFail(this.#fails);
  }

  async events(rollout: string): ReturnType<Store["events"]> {
    maybeFail(this.#fails);
    return this.durable.events(rollout);
  }

  async history(...asked: Parameters<Store["history"]>): ReturnType<Store["history"]> {
    maybeFail(this.#fails);
    return this.durable.history(...asked);
  }

  /** Closing a handle does not lose the file. */
  async close(): Promise<void> {}
}

/** Predictions in a store that fails now and then, before or after it did what was asked. What it holds survives. */
export function flakyPredictions(fails: Chance): PredictionStore {
  const durable = createMemoryPredictions(PREDICTION_BOUNDS);
  const maybe = async <T>(act: () => Promise<T>): Promise<T> => {
    maybeFail(fails);
    const done = await act();
    maybeFail(fails);
    return done;
  };
  return {
    recordPredictions: (predictions) => maybe(() => durable.recordPredictions(predictions)),
    recordLabels: (labels, nowMs) => maybe(() => durable.recordLabels(labels, nowMs)),
    takeMatured: (wanted) => maybe(() => durable.takeMatured(wanted)),
    expire: (limits) => maybe(() => durable.expire(limits)),
    counts: () => maybe(() => durable.counts()),
    close: () => durable.close(),
  };
}

function maybeFail(fails: Chance): void {
  if (fails()) {
    throw new StoreError("unavailable", "a simulated failure");
  }
}

const CODES = ["denied", "missing", "conflict", "unreachable"] as const;

/** Proxies behind an unreliable control plane: calls fail, hang, and take effect late or although they failed. */
export class FlakyActuator implements Actuator {
  /** What the proxies serve, by rollout, and everything that they ever served. */
  readonly inForce: Map<string, Traffic> = new Map();
  readonly served: { readonly rollout: string; readonly traffic: Traffic }[] = [];
  readonly #fails: Chance;
  readonly #late: (() => void)[] = [];
  #calls = 0;

  constructor(fails: Chance) {
    this.#fails = fails;
  }

  async read({ rollout }: Target): Promise<Reading> {
    this.#maybeFail();
    const inForce = this.#fails() ? undefined : this.inForce.get(rollout);
    return { inForce, generation: inForce?.generation ?? 0, problem: undefined };
  }

  async apply({ rollout }: Target, traffic: Traffic, signal: AbortSignal): Promise<void> {
    this.#maybeFail();
    if (this.#fails()) {
      this.#late.push(() => this.#serve(rollout, traffic));
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new ActuatorError("unreachable", "cut")));
      });
    }
    this.#serve(rollout, traffic);
    this.#maybeFail();
  }

  /** What was on its way arrives. */
  arrive(): void {
    for (const serve of this.#late.splice(0)) {
      serve();
    }
  }

  #serve(rollout: string, traffic: Traffic): void {
    const before = this.inForce.get(rollout);
    if (before === undefined || before.generation <= traffic.generation) {
      this.inForce.set(rollout, traffic);
      this.served.push({ rollout, traffic });
    }
  }

  #maybeFail(): void {
    this.#calls += 1;
    if (this.#fails()) {
      throw new ActuatorError(CODES[this.#calls % CODES.length] ?? "denied", "a simulated failure");
    }
  }
}
