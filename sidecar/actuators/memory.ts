import type { Target } from "../core/target.ts";
import type { Traffic } from "../core/traffic.ts";
import type { Actuator, Reading } from "../ports.ts";

/** Remembers what was applied, as a perfect control plane would: for tests and for trying out plans. */
export class MemoryActuator implements Actuator {
  readonly #inForce = new Map<string, Traffic>();

  async read({ rollout }: Target): Promise<Reading> {
    const inForce = this.#inForce.get(rollout);
    return { inForce, generation: inForce?.generation ?? 0, problem: undefined };
  }

  /** Refuses a smaller generation, as filters do, by keeping what it has. */
  async apply({ rollout }: Target, traffic: Traffic): Promise<void> {
    const before = this.#inForce.get(rollout);
    if (before === undefined || before.generation <= traffic.generation) {
      this.#inForce.set(rollout, traffic);
    }
  }
}
