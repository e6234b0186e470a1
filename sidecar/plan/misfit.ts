import type { z } from "zod";
import { nearest } from "./nearest.ts";
import { type FieldPath, formatField, type Problem } from "./problem.ts";
import type { YamlText } from "./yamlText.ts";

/** One place where a value does not fit the schema. */
export type Misfit = {
  readonly path: FieldPath;
  readonly allowed: string;
  /** The keys that are known there, when the last of `path` is not. */
  readonly known: readonly string[] | undefined;
};

/** A document that fits, or every misfit. */
export type Fitting<Document> =
  | { readonly kind: "fits"; readonly document: Document }
  | { readonly kind: "misfits"; readonly misfits: readonly Misfit[] };

/** Fits a value into a schema whose messages say what is allowed, as those of `fields.ts` do. */
export function fit<Document>(schema: z.ZodType<Document>, value: unknown): Fitting<Document> {
  const result = schema.safeParse(value);
  if (result.success) {
    return { kind: "fits", document: result.data };
  }
  return { kind: "misfits", misfits: result.error.issues.flatMap((issue) => misfitsOf(issue, [])) };
}

/** What is wrong, and where in the text. */
export function problemOf(misfit: Misfit, yaml: Extract<YamlText, { kind: "read" }>): Problem {
  const field = formatField(misfit.path);
  if (misfit.known === undefined) {
    return { field, ...yaml.locate(misfit.path), allowed: misfit.allowed };
  }
  const close = nearest(String(misfit.path.at(-1)), misfit.known);
  const hint = close === undefined ? "" : `${close}? `;
  return { field, ...yaml.locateKey(misfit.path), allowed: `${hint}known here: ${misfit.allowed}` };
}

function misfitsOf(issue: z.core.$ZodIssue, above: FieldPath): readonly Misfit[] {
  const below = issue.path.map((key) => (typeof key === "number" ? key : String(key)));
  const path = [...above, ...below];
  const meant = issue.code === "invalid_union" ? issue.errors.find(isInside) : undefined;
  if (meant !== undefined) {
    return meant.flatMap((each) => misfitsOf(each, path));
  }
  if (issue.code !== "unrecognized_keys") {
    return [{ path, allowed: issue.message, known: undefined }];
  }
  const known = issue.message.split(" ");
  return issue.keys.map((key) => ({ path: [...path, key], allowed: known.join(", "), known }));
}

/** Whether a value is of the kind that was looked for, and what is wrong is inside it. */
function isInside(issues: readonly z.core.$ZodIssue[]): boolean {
  return issues.every(({ code, path }) => code === "unrecognized_keys" || path.length > 0);
}
