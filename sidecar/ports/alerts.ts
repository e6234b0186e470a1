import type { Notice } from "../core/alerts/notice.ts";

/** One outside system that is told. */
export interface AlertChannel {
  /** Most notices that one call takes. */
  readonly groupMax: number;
  /** How often it wants all that goes on again, without which it takes it for over; undefined for never. */
  readonly repeatMs: number | undefined;
  /** Resolves once the notices were accepted, all of them; rejects only with AlertError, and then any of them may have been. */
  send(notices: readonly Notice[], signal: AbortSignal): Promise<void>;
}

/**
 * - `refused`: these notices will never be taken. - `denied`: the target takes nothing from us, as we are set up now.
 * - `busy`: later. - `failed`: it says that it has failed. - `unreachable`: no whole answer in time. - `redirected`: it wants us elsewhere.
 * - `misconfigured`: what we need, as a secret, is not there.
 */
export type AlertErrorCode =
  | "refused"
  | "denied"
  | "busy"
  | "failed"
  | "unreachable"
  | "redirected"
  | "misconfigured";

/** Why a target was not told. The message holds no secret, no URL, and nothing that the target wrote. */
export class AlertError extends Error {
  readonly code: AlertErrorCode;
  /** How long the target asked to be left alone, if it did. */
  readonly retryAfterMs: number | undefined;

  constructor(code: AlertErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.name = "AlertError";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
