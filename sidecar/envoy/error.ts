/** Why no Envoy can be had: `missing` when none was found or fetched, `unusable` when the one that was named can't be used. */
export type EnvoyErrorCode = "missing" | "unusable";

/** The one error of this room. Its message is for people, and says what to do. */
export class EnvoyError extends Error {
  readonly code: EnvoyErrorCode;

  constructor(code: EnvoyErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "EnvoyError";
    this.code = code;
  }
}
