/** The media type of a content-type header, in lower case and without parameters; "" for none. */
export function mediaType(contentType: string): string {
  const end = contentType.indexOf(";");
  return (end === -1 ? contentType : contentType.slice(0, end)).trim().toLowerCase();
}

/** Whether a body is meant to be JSON: by its media type or, without one, by its first character. */
export function isJson(contentType: string, body: Uint8Array): boolean {
  if (contentType === "application/json") {
    return true;
  }
  const type = mediaType(contentType);
  return type === "" ? beginsLikeJson(body) : type === "application/json" || type.endsWith("+json");
}

/** Whether an answer is a stream of server-sent events. */
export function isEventStream(contentType: string): boolean {
  return mediaType(contentType) === "text/event-stream";
}

/** Whether a body is meant to be text in UTF-8. Other charsets are told by a parameter, and are not read. */
export function isText(contentType: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(contentType)?.[1]?.toLowerCase();
  return (
    mediaType(contentType).startsWith("text/") &&
    (charset === undefined || charset === "utf-8" || charset === "us-ascii")
  );
}

const LOOK_AHEAD_MAX = 64;
const SKIPPED: ReadonlySet<number> = new Set([0xef, 0xbb, 0xbf, 0x20, 0x09, 0x0a, 0x0d]);

function beginsLikeJson(body: Uint8Array): boolean {
  const first = body.subarray(0, LOOK_AHEAD_MAX).find((byte) => !SKIPPED.has(byte));
  return first === 0x7b || first === 0x5b;
}
