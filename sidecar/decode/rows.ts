import type { Comparison } from "../core/compare/comparison.ts";
import type { JsonValue } from "../core/compare/jsonValue.ts";
import type { CompiledRules } from "../core/compare/rules.ts";
import type { Observation } from "../core/observation.ts";
import type { Plan } from "../core/plan/plan.ts";
import type { Row } from "../core/watch/driftWatch.ts";
import { compilePath } from "../formats/jsonPath.ts";
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
  const features = drift.features.map(({ name, path }) => ({ name, find: compilePath(path) }));
  const predicted = drift.reference.features
    .filter(({ role }) => role === "prediction")
    .map(({ name }) => name);
  return (observation, { comparison, request }) => {
    if (observation.request === undefined || observation.overridden) {
      return undefined;
    }
    const asked = features.map(({ name, find }) => [name, found(find, request)]);
    const said = predicted.map((name) => [
      name,
      saidByServed(observation, comparison, rules)?.label,
    ]);
    return Object.fromEntries([...asked, ...said]);
  };
}

/** A query over a document that is nested too deeply for it finds nothing. */
function found(find: (document: unknown) => unknown, request: JsonValue | undefined): unknown {
  try {
    return request === undefined ? undefined : find(request);
  } catch {
    return undefined;
  }
}
