import { type JSONValue, jsonpath } from "json-p3";

/** Finds what a JSONPath points to in a document: the value, or the list of them where the path may find many; undefined for nothing. */
export type Finder = (document: unknown) => unknown;

/**
 * Compiles a JSONPath (RFC 9535). A path of nothing but names and indexes is followed without a query, many times as fast. Throws an
 * Error that says what is wrong with the path; a finder of many values may throw one where a document is nested too deeply.
 */
export function compilePath(path: string): Finder {
  const query = jsonpath.compile(path);
  const steps = stepsOf(query);
  if (steps !== undefined) {
    return (document) => follow(document, steps);
  }
  return (document) => {
    // The library walks whatever it is given, and looks at values by their type.
    const values = query.query(document as JSONValue).values();
    return values.length === 0 ? undefined : values;
  };
}

/** The names and indexes that a JSONPath is made of; undefined where it has anything else. Throws an Error that says what is wrong with it. */
export function singularSteps(path: string): readonly (string | number)[] | undefined {
  return stepsOf(jsonpath.compile(path));
}

/**
 * Whether a text is a JSONPath whose cost on a document is at most in proportion to the document's size: every segment finds a part once.
 * Many selectors in one segment, `..` twice, a query within a filter that finds several or looks at the whole, and patterns can each multiply it.
 */
export function isLinearPath(path: string): boolean {
  try {
    const { segments } = jsonpath.compile(path);
    const descents = segments.filter((segment) => String(segment).startsWith(".."));
    return descents.length <= 1 && segments.every(({ selectors }) => isSimple(selectors));
  } catch {
    return false;
  }
}

function isSimple([selector, ...others]: readonly jsonpath.JSONPathSelector[]): boolean {
  return (
    others.length === 0 &&
    (!(selector instanceof jsonpath.selectors.FilterSelector) ||
      isSimpleFilter(selector.expression.expression))
  );
}

const { FilterQuery, FunctionExtension, InfixExpression, PrefixExpression, RelativeQuery } =
  jsonpath.expressions;

function isSimpleFilter(filter: jsonpath.expressions.FilterExpression): boolean {
  if (filter instanceof FilterQuery) {
    // What a whole document is compared with, at each place of it, costs its square.
    return filter instanceof RelativeQuery && filter.path.singularQuery();
  }
  if (filter instanceof FunctionExtension) {
    return !PATTERNS.has(filter.name) && filter.args.every(isSimpleFilter);
  }
  if (filter instanceof InfixExpression) {
    return isSimpleFilter(filter.left) && isSimpleFilter(filter.right);
  }
  return !(filter instanceof PrefixExpression) || isSimpleFilter(filter.right);
}

/** Functions whose patterns may take time that grows exponentially with the text. */
const PATTERNS: ReadonlySet<string> = new Set(["match", "search"]);

function stepsOf(query: jsonpath.JSONPathQuery): readonly (string | number)[] | undefined {
  const steps = query.segments.map(({ selectors }) => stepOf(selectors));
  return query.singularQuery() && steps.every((step) => step !== undefined) ? steps : undefined;
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
