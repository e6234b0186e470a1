import { sameTraffic, type Traffic } from "../core/traffic.ts";
import type { Actuator, FilterConnection, FilterHub, FilterStream } from "../ports.ts";

type Connected = {
  readonly stream: FilterStream;
  /** What the filter serves, by rollout. */
  readonly inForce: Map<string, Traffic | undefined>;
};

/**
 * Makes filters serve traffic, by their streams. What was applied last is pushed to every stream of that rollout, also to those
 * that connect later.
 */
export class FiltersActuator implements Actuator, FilterHub {
  readonly #wanted = new Map<string, Traffic>();
  readonly #connected = new Set<Connected>();
  readonly #reported: (rollout: string) => void;

  /** `reported` is told when what is in force for a rollout may have changed. */
  constructor(reported: (rollout: string) => void) {
    this.#reported = reported;
  }

  /** What all filters of the rollout say they serve; undefined when none is connected or they differ. */
  async read(rollout: string): Promise<Traffic | undefined> {
    let common: Traffic | undefined;
    for (const { inForce } of this.#serving(rollout)) {
      const traffic = inForce.get(rollout);
      if (traffic === undefined || (common !== undefined && !sameTraffic(common, traffic))) {
        return undefined;
      }
      common = traffic;
    }
    return common;
  }

  async apply(rollout: string, traffic: Traffic): Promise<void> {
    this.#wanted.set(rollout, traffic);
    for (const { stream } of this.#serving(rollout)) {
      stream.push(rollout, traffic);
    }
  }

  connect(stream: FilterStream): FilterConnection {
    const connected: Connected = { stream, inForce: new Map() };
    this.#connected.add(connected);
    for (const rollout of stream.rollouts) {
      const traffic = this.#wanted.get(rollout);
      if (traffic !== undefined) {
        stream.push(rollout, traffic);
      }
      this.#reported(rollout);
    }
    return {
      report: (rollout, traffic) => {
        connected.inForce.set(rollout, traffic);
        this.#reported(rollout);
      },
      close: () => {
        this.#connected.delete(connected);
        for (const rollout of stream.rollouts) {
          this.#reported(rollout);
        }
      },
    };
  }

  #serving(rollout: string): readonly Connected[] {
    return [...this.#connected].filter(({ stream }) => stream.rollouts.includes(rollout));
  }
}
