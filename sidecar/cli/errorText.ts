/** What grpc-js says of a server that is not there, of which the middle is worth saying. */
const UNREACHED =
  /^No connection established\. Last error: (?:Error: )?(.*?)\.? Resolution note:.*$/s;

/** What went wrong, in words: of a call in gRPC what the sidecar said. */
export function errorText(error: unknown): string {
  if (error instanceof Error && "details" in error && typeof error.details === "string") {
    return error.details.replace(UNREACHED, "the sidecar can't be reached: $1");
  }
  return error instanceof Error ? error.message : String(error);
}
