import { readSecret, type Secret, SecretError } from "../access/secret.ts";
import { AlertError } from "../ports/alerts.ts";

/** The text of a target's secret. Throws AlertError "misconfigured" that names where it should be, and nothing of it. */
export function secretOf(secret: Secret): string {
  try {
    return readSecret(secret);
  } catch (error) {
    throw error instanceof SecretError ? new AlertError("misconfigured", error.message) : error;
  }
}
