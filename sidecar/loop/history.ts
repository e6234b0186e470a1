import type { RolloutState } from "../core/rollout/state.ts";
import { type HistoryEntry, type HistoryPage, RequestError, type Store } from "../ports.ts";

/**
 * A page of a name's log, the newest event first: each event is one revision. Rejects with RequestError: `unknown` for a
 * name that was never used, `unavailable` when the store can't be read.
 */
export async function readHistory(
  store: Store,
  known: { readonly state: RolloutState } | undefined,
  { name, before, max }: HistoryPage & { readonly name: string },
): Promise<readonly HistoryEntry[]> {
  if (known === undefined) {
    throw new RequestError("unknown", `no rollout is named ${name}`);
  }
  const last = Math.min(known.state.revision, before - 1);
  const from = Math.max(1, last - max + 1);
  if (last < from) {
    return [];
  }
  try {
    const events = await store.events(name, { from, max: last - from + 1 });
    return events.map((event, index) => ({ revision: from + index, event })).reverse();
  } catch (error) {
    throw new RequestError("unavailable", "the store can't be read now", { cause: error });
  }
}
