import type { ActuatorKind } from "../core/plan/actuatorChoice.ts";
import type { Target } from "../core/target.ts";
import type { Traffic } from "../core/traffic.ts";
import { type Actuator, ActuatorError, type Reading } from "../ports.ts";

/** The actuators that this sidecar has, and how it gets those that it lacks. */
export type Choices = {
  readonly byKind: Readonly<Partial<Record<ActuatorKind, Actuator>>>;
  /** By kind: what to start the sidecar with, such as `--xds FILE`. */
  readonly flags: Readonly<Partial<Record<ActuatorKind, string>>>;
};

/** Has each rollout's traffic written by the actuator that its plan chooses; one that the sidecar was started without is `missing`. */
export class ChosenActuator implements Actuator {
  readonly #choices: Choices;

  constructor(choices: Choices) {
    this.#choices = choices;
  }

  async read(target: Target, signal: AbortSignal): Promise<Reading> {
    return await this.#of(target).read(target, signal);
  }

  async apply(target: Target, traffic: Traffic, signal: AbortSignal): Promise<void> {
    await this.#of(target).apply(target, traffic, signal);
  }

  #of({ actuator: { kind } = { kind: "filters" } }: Target): Actuator {
    const actuator = this.#choices.byKind[kind];
    if (actuator === undefined) {
      const flag = this.#choices.flags[kind] ?? "other flags";
      throw new ActuatorError(
        "missing",
        `the plan's actuator ${kind} takes a sidecar with ${flag}`,
      );
    }
    return actuator;
  }
}
