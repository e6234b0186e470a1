import { createHash, randomBytes } from "node:crypto";

const TOKEN = /^understudy_[A-Za-z0-9_-]{43}$/;
const SECRET_BYTES = 32;

/** A new token: 256 random bits behind a prefix by which scanners for leaked secrets find it. */
export function mintToken(): string {
  return `understudy_${randomBytes(SECRET_BYTES).toString("base64url")}`;
}

/** Whether the text has the form of a token. */
export function isToken(text: string): boolean {
  return TOKEN.test(text);
}

/**
 * SHA-256 of a token, 32 bytes. A slow hash protects secrets that can be guessed; 256 random bits can't be, and it would let strangers
 * burn the sidecar's time with each wrong token.
 */
export function hashToken(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}
