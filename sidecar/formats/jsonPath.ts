import { type JSONValue, jsonpath } from "json-p3";

/** Finds what a JSONPath points to in a document: the value, or the list of them where the path may find many; undefined for nothing. */
export type Finder = (document: unknown) => unknown;

/**
 * Compiles a JSONPath (RFC 9535). A path of nothing but names and indexes is followed without a query, many times as fast. Throws an
 * Error that says what is wrong with the path; a finder of many values may throw one where a document is nested too deeply.
 */
export function compilePath(path: string): Finder {
  const query = jsonpath.compile(path);
  const steps = query.segments.map(({ selectors }) => stepOf(selectors));
  if (query.singularQuery() && steps.every((step) => step !== undefined)) {
    return (document) => follow(document, steps);
  }
  return (document) => {
    // The library walks whatever it is given, and looks at values by their type.
    const values = query.query(document as JSONValue).values();
    return values.length === 0 ? undefined : values;
  };
}

function stepOf([selector]: readonly jsonpath.JSONPathSelector[]): string | number | undefined {
  if (selector instanceof jsonpath.selectors.NameSelector) {
    return selector.name;
  }
  return selector instanceof jsonpath.selectors.IndexSelector ? selector.index : undefined;
}

function follow(document: unknown, steps: readonly (string | number)[]): unknown {
  let value = document;
  for (const step of steps) {
    if (typeof value !== "object" || value === null) {
      return undefined;
    }
    value = Array.isArray(value) ? elementOf(value, step) : memberOf(value, step);
  }
  return value;
}

function elementOf(values: readonly unknown[], step: string | number): unknown {
  return typeof step === "number" ? values.at(step) : undefined;
}

function memberOf(value: object, step: string | number): unknown {
  return typeof step === "string" ? Object.getOwnPropertyDescriptor(value, step)?.value : undefined;
}
