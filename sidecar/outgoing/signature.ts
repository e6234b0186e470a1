import { createHmac } from "node:crypto";
import { OutgoingError } from "../ports/outgoing.ts";

/** What is signed. */
export type Signed = {
  /** The same at every attempt. */
  readonly id: string;
  /** Of this attempt, Unix time: receivers refuse old ones. */
  readonly nowMs: number;
  readonly body: string;
};

const KEY_BYTES = { min: 24, max: 64 };

/**
 * The headers by which a receiver knows who sent a body, when, and whether it has it already: HMAC-SHA256 over id, timestamp and body
 * (Standard Webhooks 1.0.0). `secret` is `whsec_` and base64 of 24 to 64 bytes; throws OutgoingError "misconfigured" for another.
 */
export function signatureHeaders(
  secret: string,
  { id, nowMs, body }: Signed,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(nowMs / 1_000));
  const mac = createHmac("sha256", keyOf(secret)).update(`${id}.${timestamp}.${body}`);
  return {
    "webhook-id": id,
    "webhook-timestamp": timestamp,
    "webhook-signature": `v1,${mac.digest("base64")}`,
  };
}

function keyOf(secret: string): Buffer {
  const [, base64 = ""] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = Buffer.from(base64, "base64");
  if (key.length < KEY_BYTES.min || key.length > KEY_BYTES.max) {
    throw new OutgoingError(
      "misconfigured",
      `the secret is not whsec_ and base64 of ${KEY_BYTES.min} to ${KEY_BYTES.max} bytes`,
    );
  }
  return key;
}
