/** What is wrong with one place of a plan. */
export type Problem = {
  /** Where in the plan: `spec.steps[1].canary.weight`; "" for the plan as a whole. */
  readonly field: string;
  /** What is there, as it is written, cut when long; `nothing` when it is missing. */
  readonly given: string;
  /** What may stand there. */
  readonly allowed: string;
  /** Where in the text, both from 1. */
  readonly line: number;
  readonly column: number;
};

/** One line: `field: given: allowed (line:column)`. */
export function formatProblem(problem: Problem): string {
  const { field, given, allowed, line, column } = problem;
  return `${field === "" ? "plan" : field}: ${given}: ${allowed} (${line}:${column})`;
}

/** A key of the plan: names of mappings and indices of lists, from the top. */
export type FieldPath = readonly (string | number)[];

/** A rule between fields that a plan breaks. */
export type Breach = { readonly path: FieldPath; readonly allowed: string };

/** The text of a field's path. */
export function formatField(path: FieldPath): string {
  return path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
}
