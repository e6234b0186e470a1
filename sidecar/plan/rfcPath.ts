import { z } from "zod";
import { compilePath } from "../formats/jsonPath.ts";

const LENGTH_MAX = 1_024;

/** A JSONPath (RFC 9535), whole: also with filters. */
export function rfcPath(): z.ZodString {
  const error = `a JSONPath (RFC 9535) of at most ${LENGTH_MAX} characters`;
  return z.string({ error }).max(LENGTH_MAX, { error }).refine(isPath, { error });
}

function isPath(path: string): boolean {
  try {
    compilePath(path);
    return true;
  } catch {
    return false;
  }
}
