import type { RolloutEvent } from "./event.ts";
import type { RolloutState } from "./state.ts";

/** The caller's own name of a request, so that a repetition of it is known. */
export type RequestKey = {
  /** 1 to 64 visible ASCII characters. */
  readonly text: string;
  /** Equal for equal requests, and for no others. */
  readonly digest: string;
};

/** A key with whose it is: callers do not share their keys. */
export type RememberedKey = RequestKey & { readonly by: string };

/** So many keys of a name are remembered, the last ones. */
export const KEYS_MAX = 64;

/** The keys that are known after an event: the oldest goes when there are too many. A request that changes nothing leaves none. */
export function remember(
  keys: RolloutState["keys"],
  event: RolloutEvent,
): Pick<RolloutState, "keys"> {
  const cause = "cause" in event ? event.cause : undefined;
  if (cause?.kind !== "command" || cause.key === undefined) {
    return keys === undefined ? {} : { keys };
  }
  return { keys: [...(keys ?? []), { ...cause.key, by: cause.by }].slice(-KEYS_MAX) };
}

/** Whether the caller's request is a `new` one, was done before (`repeated`), or has the key of an `other` one. */
export function recall(
  keys: RolloutState["keys"],
  { by, key }: { readonly by: string; readonly key?: RequestKey | undefined },
): "new" | "repeated" | "other" {
  const found = key && keys?.findLast((each) => each.by === by && each.text === key.text);
  if (key === undefined || found === undefined) {
    return "new";
  }
  return found.digest === key.digest ? "repeated" : "other";
}
