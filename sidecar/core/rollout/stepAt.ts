import { assert } from "../assert.ts";
import type { Plan } from "../plan/plan.ts";
import type { Step } from "../plan/step.ts";

/** Returns the plan's step with that index. Throws when it has none. */
export function stepAt(plan: Plan, index: number): Step {
  const step = plan.steps[index];
  assert(step !== undefined, `plan ${plan.name} has no step ${index}`);
  return step;
}
