import { setTimeout as delay } from "node:timers/promises";

/** How long to wait, and for what, in words for the one who reads the failure. */
export type Wait = { readonly deadlineMs: number; readonly what: string };

const POLL_MS = 10;

/**
 * Asks until there is an answer other than undefined and false, and returns it. Rejects when there was none by the deadline, saying what was waited for.
 */
export async function until<Answer>(
  ask: () => Answer | undefined | false | Promise<Answer | undefined | false>,
  { deadlineMs, what }: Wait,
): Promise<Answer> {
  const deadline = performance.now() + deadlineMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) {
      return answer;
    }
    if (performance.now() > deadline) {
      throw new Error(`not within ${deadlineMs} ms: ${what}`);
    }
    await delay(POLL_MS);
  }
}
