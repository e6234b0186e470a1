import { z } from "zod";
import { isLinearPath } from "../formats/jsonPath.ts";

/** Longest JSONPath in a plan, or in the profile that it refers to. */
export const PATH_LENGTH_MAX = 1_024;

/** What a JSONPath may be whose cost a request's body must not be able to drive up. */
export const PATH_ALLOWED: string = `a JSONPath (RFC 9535) of at most ${PATH_LENGTH_MAX} characters, with one selector in each pair of brackets, .. once at most, and in filters no patterns, no $ and nothing that finds several`;

/** A JSONPath (RFC 9535), also with filters, that takes no more than one look at each part of a document. */
export function rfcPath(): z.ZodString {
  const error = PATH_ALLOWED;
  return z.string({ error }).max(PATH_LENGTH_MAX, { error }).refine(isLinearPath, { error });
}
