import type { Plan } from "./plan.ts";

/**
 * One text for all plans that mean the same, whatever their order, spelling, comments and omitted defaults: equal texts are the
 * same plan. It is JSON with sorted names, fit to be stored and hashed.
 */
export function canonicalPlan(plan: Plan): string {
  return JSON.stringify(plan, sortNames);
}

function sortNames(_name: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value).toSorted(([left], [right]) => (left < right ? -1 : 1)),
  );
}
