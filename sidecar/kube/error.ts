/**
 * - `denied`: who asks is not known there, or may not. - `missing`: no such object, or no such kind of object. - `conflict`: somebody else was first.
 * - `invalid`: the change does not fit the object. - `gone`: what was to be resumed is not kept any more. - `busy`: later, after a while. - `unreachable`:
 * anything else.
 */
export type KubeErrorCode =
  | "denied"
  | "missing"
  | "conflict"
  | "invalid"
  | "gone"
  | "busy"
  | "unreachable";

/** A request that the API server did not do. */
export class KubeError extends Error {
  readonly code: KubeErrorCode;
  /** How long the server asks to be left alone; undefined when it does not say. */
  readonly retryAfterMs: number | undefined;

  constructor(
    code: KubeErrorCode,
    message: string,
    options?: ErrorOptions & { readonly retryAfterMs?: number | undefined },
  ) {
    super(message, options);
    this.name = "KubeError";
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs;
  }
}

const CODES: Readonly<Record<number, KubeErrorCode>> = {
  400: "invalid",
  401: "denied",
  403: "denied",
  404: "missing",
  409: "conflict",
  410: "gone",
  413: "invalid",
  415: "invalid",
  422: "invalid",
  429: "busy",
  503: "busy",
};

/** The code of an answer's status, also of one that comes inside a watch. */
export function codeOf(status: number): KubeErrorCode {
  return CODES[status] ?? "unreachable";
}
