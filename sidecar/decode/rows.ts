import type { Comparison } from "../core/compare/comparison.ts";
import type { JsonValue } from "../core/compare/jsonValue.ts";
import type { CompiledRules } from "../core/compare/rules.ts";
import type { Observation } from "../core/observation.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Row } from "../core/watch/driftWatch.ts";
import { compilePaths } from "../formats/jsonPaths.ts";
import { saidByServed } from "./predictions.ts";

/** Takes the features of a captured request, and what was predicted for the user; undefined when there is nothing to look at. */
export type RowReader = (
  observation: Observation,
  seen: {
    readonly comparison: Comparison | undefined;
    readonly request: JsonValue | undefined;
  },
) => Row | undefined;

/**
 * Makes the reader of a plan with drift rules. A request that can't be read has no features, which counts as missing ones: an empty window
 * would hide that. Requests whose variant a trusted override chose are nobody's.
 */
export function rowReader(plan: Plan, rules: CompiledRules): RowReader {
  const { drift } = plan;
  if (drift === undefined) {
    return () => undefined;
  }
  const { features } = drift.reference;
  const paths = new Map(drift.features.map(({ name, path }) => [name, path]));
  const find = compilePaths(features.map(({ name }) => paths.get(name)));
  const predicted = features.flatMap(({ role }, index) => (role === "prediction" ? [index] : []));
  return (observation, { comparison, request }) => {
    if (observation.request === undefined || observation.overridden) {
      return undefined;
    }
    const row = find(request);
    for (const index of predicted) {
      row[index] = saidByServed(observation, comparison, rules)?.label;
    }
    return row;
  };
}
