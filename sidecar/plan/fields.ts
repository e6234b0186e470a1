import { z } from "zod";
import { isSingular, parsePath } from "../core/compare/path.ts";
import { DURATION, formatDuration, parseDuration } from "../core/plan/duration.ts";
import { PERCENTAGE, parsePercentage } from "../core/plan/percentage.ts";

// Schemas of the plan's values. The message of an issue says what is allowed, nothing else.

/** A name of 1 to 63 small letters, digits and -, beginning and ending with a letter or digit, as Kubernetes names its objects. */
export const NAME: RegExp = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/;
const COUNT_MAX = 1_000_000_000;
const PPM = 1_000_000;

/** A mapping. Its message about unknown keys is the known ones, separated by blanks. */
export function section<Shape extends z.ZodRawShape>(
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  const keys = Object.keys(shape);
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === "unrecognized_keys" ? keys.join(" ") : `a mapping of ${keys.join(", ")}`,
  });
}

/** A text of a pattern. */
export function word(pattern: RegExp, allowed: string): z.ZodString {
  return z.string({ error: allowed }).regex(pattern, { error: allowed });
}

/** A number in a range, both ends included. */
export function number(range: { readonly min: number; readonly max: number }): z.ZodNumber {
  const error = `a number from ${range.min} to ${range.max}`;
  return z.number({ error }).min(range.min, { error }).max(range.max, { error });
}

/** A whole number from 0. */
export function count(): z.ZodInt {
  const error = `a whole number from 0 to ${COUNT_MAX}`;
  return z.int({ error }).min(0, { error }).max(COUNT_MAX, { error });
}

/** A duration in a range, both ends included; in milliseconds. */
export function duration(range: {
  readonly minMs: number;
  readonly maxMs: number;
}): z.ZodType<number, string> {
  const allowed = `a duration from ${formatDuration(range.minMs)} to ${formatDuration(range.maxMs)}, such as 250ms, 5s or 1h30m`;
  return word(DURATION, allowed).transform((text, context) => {
    const milliseconds = parseDuration(text);
    if (milliseconds === undefined || milliseconds < range.minMs || milliseconds > range.maxMs) {
      context.issues.push({ code: "custom", message: allowed, input: text });
      return z.NEVER;
    }
    return milliseconds;
  });
}

/** Millionths, in steps of one unit (100 is a basis point). */
function percentage(range: {
  readonly min: string;
  readonly max: string;
  readonly unit: number;
}): z.ZodType<number, string> {
  const allowed = `a percentage from ${range.min} to ${range.max} with its sign and at most ${range.unit === 100 ? "two" : "four"} decimals, such as 2.5%`;
  const min = parsePercentage(range.min) ?? 0;
  const max = parsePercentage(range.max) ?? PPM;
  return word(PERCENTAGE, allowed).transform((text, context) => {
    const millionths = parsePercentage(text);
    if (
      millionths === undefined ||
      millionths < min ||
      millionths > max ||
      millionths % range.unit !== 0
    ) {
      context.issues.push({ code: "custom", message: allowed, input: text });
      return z.NEVER;
    }
    return millionths;
  });
}

/** A share of requests from `min` to 100%, in whole basis points. */
export function share(min: string): z.ZodType<number, string> {
  return percentage({ min, max: "100%", unit: 100 }).transform((millionths) => millionths / 100);
}

/** A rate between 0 and 1, exclusive, written as a percentage. */
export function rate(): z.ZodType<number, string> {
  return percentage({ min: "0.0001%", max: "99.9999%", unit: 1 }).transform(
    (millionths) => millionths / PPM,
  );
}

/** A path that `core/compare` understands; to `one` value means without wildcards. */
export function jsonPath(selects: "any" | "one"): z.ZodString {
  const allowed = "a JSONPath of names, indices, wildcards and .., such as $.outputs[0].data";
  return z.string({ error: allowed }).superRefine((text, context) => {
    const parsed = parsePath(text);
    if (parsed.kind === "problem") {
      context.addIssue({ code: "custom", message: parsed.allowed });
    } else if (selects === "one" && !isSingular(parsed.segments)) {
      context.addIssue({
        code: "custom",
        message: "a JSONPath to one value, of names and indices only",
      });
    }
  });
}
