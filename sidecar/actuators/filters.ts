import { sameTarget, type Target } from "../core/target.ts";
import { sameTraffic, type Traffic } from "../core/traffic.ts";
import type { Actuator, FilterConnection, FilterHub, FilterStream, Reading } from "../ports.ts";

/**
 * How long a filter may take to come back: it waits at most 5,050 ms before it connects again (filter/policy/backoff.ts), looks
 * at the clock every 50 ms, and then has to connect.
 */
export const FILTERS_RETURN_MS = 5_500;

type Wanted = { readonly target: Target; readonly traffic: Traffic };

/** What a filter said last about a rollout. */
type Report = {
  readonly inForce: Traffic | undefined;
  /** "" unless it refused what it was sent last. */
  readonly refused: string;
};

type Connected = { readonly stream: FilterStream; readonly reports: Map<string, Report> };

/** What the actuator needs of its surroundings. */
export type FiltersParts = {
  /** Told when what is in force for a rollout may have changed. */
  readonly reported: (rollout: string) => void;
  /** How long after the first filter others may still come that serve something else. */
  readonly returnMs: number;
};

/**
 * Makes filters serve traffic, by their streams. What was applied last is pushed to every stream of that rollout, also to those
 * that connect later.
 */
export class FiltersActuator implements Actuator, FilterHub {
  readonly #parts: FiltersParts;
  readonly #wanted = new Map<string, Wanted>();
  readonly #connected = new Set<Connected>();
  /** Whether every filter that there is has had the time to connect. */
  #isComplete = false;
  #completing: NodeJS.Timeout | undefined;

  constructor(parts: FiltersParts) {
    this.#parts = parts;
  }

  /** In force is what all filters of the rollout say they serve, once every filter has had the time to connect. */
  async read({ rollout }: Target): Promise<Reading> {
    const serving = this.#serving(rollout);
    const said = serving.map(({ reports }) => reports.get(rollout)?.inForce);
    const [first] = said;
    const isCommon =
      first !== undefined && said.every((each) => each !== undefined && sameTraffic(each, first));
    return {
      inForce: this.#isComplete && isCommon ? first : undefined,
      generation: Math.max(0, ...said.map((each) => each?.generation ?? 0)),
      problem: refusal(serving, rollout),
    };
  }

  async apply(target: Target, traffic: Traffic): Promise<void> {
    const { rollout } = target;
    const before = this.#wanted.get(rollout);
    const isNew =
      before === undefined ||
      !sameTarget(before.target, target) ||
      !sameTraffic(before.traffic, traffic);
    this.#wanted.set(rollout, { target, traffic });
    for (const { stream, reports } of this.#serving(rollout)) {
      const inForce = reports.get(rollout)?.inForce;
      if (isNew) {
        reports.set(rollout, { inForce, refused: "" });
      }
      if (isNew || inForce === undefined || !sameTraffic(inForce, traffic)) {
        stream.push(target, traffic);
      }
    }
  }

  connect(stream: FilterStream): FilterConnection {
    const connected: Connected = { stream, reports: new Map() };
    if (this.#connected.size === 0) {
      this.#awaitOthers();
    }
    this.#connected.add(connected);
    for (const rollout of stream.rollouts) {
      const wanted = this.#wanted.get(rollout);
      if (wanted !== undefined) {
        stream.push(wanted.target, wanted.traffic);
      }
      this.#parts.reported(rollout);
    }
    return {
      report: (rollout, inForce, refused) => {
        const before = connected.reports.get(rollout);
        connected.reports.set(rollout, { inForce, refused });
        // Only news: an answer to what was pushed again must not have it pushed again.
        if (before === undefined || !sameReport(before, { inForce, refused })) {
          this.#parts.reported(rollout);
        }
      },
      close: () => {
        this.#connected.delete(connected);
        for (const rollout of stream.rollouts) {
          this.#parts.reported(rollout);
        }
      },
    };
  }

  #serving(rollout: string): readonly Connected[] {
    return [...this.#connected].filter(({ stream }) => stream.rollouts.includes(rollout));
  }

  #awaitOthers(): void {
    this.#isComplete = false;
    clearTimeout(this.#completing);
    this.#completing = setTimeout(() => {
      this.#isComplete = true;
      for (const rollout of this.#wanted.keys()) {
        this.#parts.reported(rollout);
      }
    }, this.#parts.returnMs);
    this.#completing.unref();
  }
}

function refusal(serving: readonly Connected[], rollout: string): string | undefined {
  for (const { stream, reports } of serving) {
    const refused = reports.get(rollout)?.refused ?? "";
    if (refused !== "") {
      return `refused by the filter of ${stream.name}: ${refused}`;
    }
  }
  return undefined;
}

function sameReport(a: Report, b: Report): boolean {
  const isSameTraffic =
    a.inForce === undefined || b.inForce === undefined
      ? a.inForce === b.inForce
      : sameTraffic(a.inForce, b.inForce);
  return isSameTraffic && a.refused === b.refused;
}
