/** What went wrong, in words: of a call in gRPC what the sidecar said. */
export function errorText(error: unknown): string {
  if (error instanceof Error && "details" in error && typeof error.details === "string") {
    return error.details;
  }
  return error instanceof Error ? error.message : String(error);
}
