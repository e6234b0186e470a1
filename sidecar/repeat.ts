import { setTimeout as delay } from "node:timers/promises";

/** Does the work again and again, with a rest of `restMs` after each time, until aborted. Rejects only with what the work rejects with. */
export async function repeat(
  work: () => Promise<void>,
  { restMs, signal }: { readonly restMs: number; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    await work();
    await delay(restMs, undefined, { signal }).catch(() => undefined);
  }
}
