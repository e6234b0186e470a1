import { readSecret, type Secret, SecretError } from "../access/secret.ts";
import { OutgoingError } from "../ports/outgoing.ts";

/** The text of a secret. Throws OutgoingError "misconfigured" that names where it should be, and nothing of it. */
export function secretOf(secret: Secret): string {
  try {
    return readSecret(secret);
  } catch (error) {
    throw error instanceof SecretError ? new OutgoingError("misconfigured", error.message) : error;
  }
}
