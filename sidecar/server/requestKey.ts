import { createHash } from "node:crypto";
import type { RequestKey } from "../core/rollout/requestKey.ts";
import { CallError } from "./status.ts";

/** The name of the header, and of the metadata, that has a request's key. */
export const KEY_HEADER = "idempotency-key";

const KEY = /^[\x21-\x7e]{1,64}$/;

/**
 * The key of a request, with a digest of all that makes the request what it is; undefined when it has none. Throws CallError `invalid` for a text
 * that is no key.
 */
export function keyOf(
  text: string | undefined,
  request: readonly (string | number)[],
): RequestKey | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!KEY.test(text)) {
    throw new CallError("invalid", `${KEY_HEADER}: 1 to 64 visible ASCII characters, once`);
  }
  const digest = createHash("sha256").update(JSON.stringify(request)).digest("hex").slice(0, 32);
  return { text, digest };
}
