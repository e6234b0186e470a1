import { z } from "zod";
import { NAME, word } from "../plan/fields.ts";
import { parseTargetUrl } from "./endpoint.ts";

// Schemas of values that files of settings share. The message of an issue says what is allowed, nothing else.

/** A name by which others refer to something of the file. */
export function name(): z.ZodString {
  return word(
    NAME,
    "a name of 1 to 63 small letters, digits and -, beginning and ending with a letter or digit",
  );
}

const URL_ALLOWED = "a URL of http or https without a user, such as https://alerts.example.com";

/** A URL that can be called. */
export function url(): z.ZodString {
  return z
    .string({ error: URL_ALLOWED })
    .refine((text) => parseTargetUrl(text) !== undefined, { error: URL_ALLOWED });
}

/** The path of a file. */
export function path(): z.ZodString {
  return word(/^[^\0]{1,4096}$/, "a path, from the folder of this file");
}

/** The name of a variable. */
export function variable(): z.ZodString {
  return word(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, "the name of an environment variable");
}

/** Which sidecar it is, for receivers of several. */
export function source(): z.ZodDefault<z.ZodString> {
  return word(/^[\x21-\x7e]{1,200}$/, "1 to 200 characters of plain ASCII without blanks").default(
    "understudy",
  );
}
