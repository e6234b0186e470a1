import { type ActuatorChoice, sameChoice } from "./plan/actuatorChoice.ts";
import type { Plan } from "./plan/plan.ts";

/** What traffic is about. Proxies that are configured for something else must not take it. */
export type Target = {
  readonly rollout: string;
  /** Version names. */
  readonly primary: string;
  readonly candidate: string;
  /** A request without an answer by then has failed. */
  readonly requestTimeoutMs: number;
  /** What writes it; the filters when absent. */
  readonly actuator?: ActuatorChoice;
};

/** Returns what the plan's traffic is about. */
export function targetOf(plan: Plan): Target {
  const { name, primary, candidate, requestTimeoutMs, actuator } = plan;
  return { rollout: name, primary, candidate, requestTimeoutMs, ...(actuator && { actuator }) };
}

/** Whether two values are about the same. */
export function sameTarget(a: Target, b: Target): boolean {
  return (
    a.rollout === b.rollout &&
    a.primary === b.primary &&
    a.candidate === b.candidate &&
    a.requestTimeoutMs === b.requestTimeoutMs &&
    sameChoice(a.actuator, b.actuator)
  );
}
