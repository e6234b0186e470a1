import type { Plan } from "../core/plan/plan.ts";
import { targetOf } from "../core/target.ts";
import type { Actuator } from "../ports.ts";

/** Looking may hold up a start this long. */
const LOOK_MS = 500;

/** The greatest generation that proxies are known to have for a plan's name; 0 when that can't be told in time. */
export async function lookForGeneration(actuator: Actuator, plan: Plan): Promise<number> {
  try {
    return (await actuator.read(targetOf(plan), AbortSignal.timeout(LOOK_MS))).generation;
  } catch {
    // Unknown is no reason to refuse a start; every later change looks again.
    return 0;
  }
}
