import type { Notice } from "../../sidecar/core/alerts/notice.ts";
import type { AlertChannel } from "../../sidecar/ports/alerts.ts";
import { OutgoingError, type OutgoingErrorCode } from "../../sidecar/ports/outgoing.ts";

/** A target in the hands of a test. */
export class FakeChannel implements AlertChannel {
  readonly groupMax: number;
  readonly repeatMs: number | undefined;
  /** What was taken, call by call. */
  readonly calls: (readonly Notice[])[] = [];
  /** Attempts, taken or not. */
  attempts = 0;
  /** What the next attempts come to, from now on. */
  failing:
    | { readonly code: OutgoingErrorCode; readonly retryAfterMs?: number }
    | "hangs"
    | undefined;

  constructor({ groupMax = 1, repeatMs }: { groupMax?: number; repeatMs?: number } = {}) {
    this.groupMax = groupMax;
    this.repeatMs = repeatMs;
  }

  /** Everything that was taken, in order. */
  get taken(): readonly Notice[] {
    return this.calls.flat();
  }

  async send(notices: readonly Notice[], signal: AbortSignal): Promise<void> {
    this.attempts += 1;
    const { failing } = this;
    if (failing === "hangs") {
      await new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(new OutgoingError("unreachable", "cut")));
      });
    } else if (failing !== undefined) {
      throw new OutgoingError(failing.code, "as the test said", failing.retryAfterMs);
    }
    this.calls.push(notices);
  }
}
