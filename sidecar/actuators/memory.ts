import type { Traffic } from "../core/traffic.ts";
import type { Actuator } from "../ports.ts";

/** Remembers what was applied, as a perfect control plane would: for tests and for trying out plans. */
export class MemoryActuator implements Actuator {
  readonly #inForce = new Map<string, Traffic>();

  async read(rollout: string): Promise<Traffic | undefined> {
    return this.#inForce.get(rollout);
  }

  /** Refuses a smaller generation, as filters do, by keeping what it has. */
  async apply(rollout: string, traffic: Traffic): Promise<void> {
    const before = this.#inForce.get(rollout);
    if (before === undefined || before.generation <= traffic.generation) {
      this.#inForce.set(rollout, traffic);
    }
  }
}
