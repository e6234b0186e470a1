import type { Optional } from "./flags.ts";

/** The flag of every change that a pipeline may send twice. */
export const KEY_FLAGS: { readonly "idempotency-key": Optional } = {
  "idempotency-key": {
    type: "string",
    value: "KEY",
    check: (text: string) =>
      /^[\u0021-\u007e]{1,64}$/.test(text) ? undefined : "1 to 64 visible characters of ASCII",
    meaning: "your own name of this request, so that to send it again does no harm",
  },
};
