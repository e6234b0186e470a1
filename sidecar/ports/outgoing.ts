/**
 * - `refused`: this will never be taken. - `denied`: the other side takes nothing from us, as we are set up now.
 * - `busy`: later. - `failed`: it says that it has failed. - `unreachable`: no whole answer in time. - `redirected`: it wants us elsewhere.
 * - `misconfigured`: what we need, as a secret or a program, is not there.
 */
export type OutgoingErrorCode =
  | "refused"
  | "denied"
  | "busy"
  | "failed"
  | "unreachable"
  | "redirected"
  | "misconfigured";

/** Why a call out of the sidecar was not answered as it should be. The message holds no secret, no URL, and nothing that the other side wrote. */
export class OutgoingError extends Error {
  readonly code: OutgoingErrorCode;
  /** How long the other side asked to be left alone, if it did. */
  readonly retryAfterMs: number | undefined;

  constructor(code: OutgoingErrorCode, message: string, retryAfterMs?: number) {
    super(message);
    this.name = "OutgoingError";
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}
