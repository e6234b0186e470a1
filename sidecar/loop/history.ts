import { type HistoryEntry, type HistoryPage, RequestError, type Store } from "../ports.ts";

/**
 * A page of a name's log, the newest event first: each event is one revision. Rejects with RequestError: `unknown` for a
 * name that was never used, `unavailable` when the store can't be read.
 */
export async function readHistory(
  store: Store,
  known: object | undefined,
  { name, before, max }: HistoryPage & { readonly name: string },
): Promise<readonly HistoryEntry[]> {
  if (known === undefined) {
    throw new RequestError("unknown", `no rollout is named ${name}`);
  }
  try {
    return await store.history(name, { before, max });
  } catch (error) {
    throw new RequestError("unavailable", "the store can't be read now", { cause: error });
  }
}
