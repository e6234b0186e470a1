import type { TestContext } from "node:test";
import { FILTERS_RETURN_MS, FiltersActuator } from "../../sidecar/actuators/filters.ts";
import type { Target } from "../../sidecar/core/target.ts";
import type { Traffic } from "../../sidecar/core/traffic.ts";
import type { FilterConnection, FilterStream } from "../../sidecar/ports.ts";

const versions = { primary: "v1", candidate: "v2", requestTimeoutMs: 1_000 };
/** Two rollouts, and two kinds of traffic. */
export const one: Target = { rollout: "one", ...versions };
export const two: Target = { rollout: "two", ...versions };
export const shadow: Traffic = {
  generation: 1,
  candidateBp: 0,
  shadowBp: 10_000,
  shadowPrimary: false,
};
export const canary: Traffic = {
  generation: 2,
  candidateBp: 500,
  shadowBp: 10_000,
  shadowPrimary: true,
};

/** An actuator whose time stands still until the test says that every filter has had the time to connect. */
export function completeActuator(context: TestContext): {
  readonly actuator: FiltersActuator;
  /** Rollouts about which there was news, in order. */
  readonly told: string[];
  readonly complete: (passedMs?: number) => void;
} {
  context.mock.timers.enable({ apis: ["setTimeout"] });
  const told: string[] = [];
  const reported = (rollout: string): void => void told.push(rollout);
  const actuator = new FiltersActuator({ reported, returnMs: FILTERS_RETURN_MS });
  const complete = (passedMs = FILTERS_RETURN_MS): void => context.mock.timers.tick(passedMs);
  return { actuator, told, complete };
}

/** A filter that serves what it is told, unless that is older than what it has, or about other versions than its own. */
export function connectFilter(
  actuator: FiltersActuator,
  rollouts: readonly string[],
  candidate = "v2",
): FilterConnection & { readonly pushed: Traffic[] } {
  const pushed: Traffic[] = [];
  /** Reports of what was pushed while the stream was being connected. */
  const early: (() => void)[] = [];
  const inForce = new Map<string, Traffic>();
  let connection: FilterConnection | undefined;
  const stream: FilterStream = {
    name: `node of ${candidate}`,
    rollouts,
    push: (target, traffic) => {
      pushed.push(traffic);
      const { rollout } = target;
      const before = inForce.get(rollout);
      const isOlder = before !== undefined && before.generation > traffic.generation;
      const isForeign = target.candidate !== candidate;
      const taken = isOlder || isForeign ? before : traffic;
      if (taken !== undefined) {
        inForce.set(rollout, taken);
      }
      const foreign = isForeign ? `candidate_version: ${target.candidate}: ${candidate}` : "";
      const refused = isOlder ? "generation: too small" : foreign;
      const report = (): void => connection?.report(rollout, taken, refused);
      early.push(report);
      report();
    },
  };
  connection = actuator.connect(stream);
  for (const report of early.splice(0)) {
    report();
  }
  return { ...connection, pushed };
}
