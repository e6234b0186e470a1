import type { Notice } from "../core/alerts/notice.ts";

/** One outside system that is told. */
export interface AlertChannel {
  /** Most notices that one call takes. */
  readonly groupMax: number;
  /** How often it wants all that goes on again, without which it takes it for over; undefined for never. */
  readonly repeatMs: number | undefined;
  /** Resolves once the notices were accepted, all of them; rejects only with OutgoingError, and then any of them may have been. */
  send(notices: readonly Notice[], signal: AbortSignal): Promise<void>;
}
