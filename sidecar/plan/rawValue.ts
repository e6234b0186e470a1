import { parseDuration } from "../core/plan/duration.ts";
import { parsePercentage } from "../core/plan/percentage.ts";

// Looking into values that may not fit the schema.

/** What is at a path of names; undefined when there is nothing. */
export function at(value: unknown, path: readonly string[]): unknown {
  let found = value;
  for (const name of path) {
    found = isMapping(found) && Object.hasOwn(found, name) ? found[name] : undefined;
  }
  return found;
}

/** The list at a path; empty when there is none. */
export function listAt(value: unknown, path: readonly string[]): readonly unknown[] {
  const found = at(value, path);
  return Array.isArray(found) ? found : [];
}

/** Whether a value is a mapping. */
export function isMapping(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Millionths of a percentage's text; undefined when it is none. */
export function shareOf(value: unknown): number | undefined {
  return typeof value === "string" ? parsePercentage(value) : undefined;
}

/** Milliseconds of a duration's text; undefined when it is none. */
export function durationOf(value: unknown): number | undefined {
  return typeof value === "string" ? parseDuration(value) : undefined;
}
