import { readFileSync, statSync } from "node:fs";

/** Where a secret is: a file, read again whenever it is used, or a value from the environment. */
export type Secret =
  | { readonly kind: "file"; readonly path: string }
  | { readonly kind: "value"; readonly name: string; readonly value: string | undefined };

const SECRET_BYTES_MAX = 4_096;

/** A secret is not where it should be. The message names the place, and nothing of what is there. */
export class SecretError extends Error {
  constructor(where: string) {
    super(`${where} holds no secret on one line of plain ASCII`);
    this.name = "SecretError";
  }
}

/** Reads it, without the blanks around it. Throws SecretError. */
export function readSecret(secret: Secret): string {
  const text = secret.kind === "value" ? secret.value : readSmall(secret.path);
  const trimmed = text?.trim() ?? "";
  if (trimmed === "" || !/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new SecretError(secret.kind === "value" ? secret.name : secret.path);
  }
  return trimmed;
}

function readSmall(path: string): string | undefined {
  try {
    const status = statSync(path);
    return status.isFile() && status.size <= SECRET_BYTES_MAX
      ? readFileSync(path, "utf8")
      : undefined;
  } catch {
    return undefined;
  }
}
