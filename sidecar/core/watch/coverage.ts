import { bernoulliInterval } from "../evidence/bernoulliInterval.ts";
import type { Performance } from "../performance/performance.ts";
import type { Plan } from "../plan/plan.ts";
import { percent } from "../words.ts";
import type { Look } from "./anomalies.ts";

/**
 * Whether fewer of the candidate's predictions have labels than the plan asks for: by what matured in a day, with chance 1 - `alpha.rollback` at any
 * one look. What was found stays found until the share itself is large enough again, also while nothing matures.
 */
export function findLowCoverage(
  { candidate, alpha, labels }: Plan,
  { matured, labelled }: Pick<Performance, "matured" | "labelled">,
  goesOn: (name: string) => boolean,
): Look {
  const name = `coverage of ${candidate}`;
  const isAbout = (other: string): boolean => other === name;
  if (labels === undefined || labels.missing === "negative") {
    return { isAbout, findings: [] };
  }
  const least = percent(labels.coverage);
  if (matured === 0) {
    const reason = `${name} is not known: nothing came of age in a day`;
    return { isAbout, findings: goesOn(name) ? [{ name, reason }] : [] };
  }
  const share = labelled / matured;
  const { to } = bernoulliInterval({ n: matured, k: labelled }, alpha.rollback);
  const isLow = to < labels.coverage || (goesOn(name) && share < labels.coverage);
  const reason = `${labelled} of ${matured} predictions of ${candidate} that came of age in a day have a label, ${percent(share)}: at least ${least} are asked for`;
  return { isAbout, findings: isLow ? [{ name, reason }] : [] };
}
