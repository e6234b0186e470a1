import { measuredOf } from "../performance/measured.ts";
import type { Performance } from "../performance/performance.ts";
import type { Plan } from "../plan/plan.ts";
import { brief, percent } from "../words.ts";
import type { Look } from "./anomalies.ts";

/**
 * Which of the candidate's metrics lie below the floors that the plan set for its rollout: by what matured in a day, with chance 1 -
 * `alpha.rollback` at any one look. What was found stays found until the value itself reaches the floor again, also while nothing is known.
 */
export function findBelowFloors(
  { guardrails, candidate, alpha, labels }: Plan,
  day: Performance,
  goesOn: (name: string) => boolean,
): Look {
  const names = new Set<string>();
  const findings = guardrails.flatMap((guardrail) => {
    if (guardrail.kind !== "performance" || labels === undefined) {
      return [];
    }
    const { metric, floor } = guardrail;
    const name = `${metric} of ${candidate}`;
    names.add(name);
    const measured = measuredOf(day, metric, { ...labels, alpha: alpha.rollback });
    if (measured === undefined) {
      return goesOn(name)
        ? [{ name, reason: `${name} is not known: nothing was labelled in a day` }]
        : [];
    }
    const isBelow = measured.to < floor || (goesOn(name) && measured.value < floor);
    const figures = `${brief(measured.value, 3)} over a day, at most ${brief(measured.to, 3)} with ${percent(1 - alpha.rollback)} confidence`;
    return isBelow ? [{ name, reason: `${name} was ${figures}: below its floor of ${floor}` }] : [];
  });
  return { isAbout: (name) => names.has(name), findings };
}
