import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";

/** A body, or why it could not be read. */
export type ReadText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problem"; readonly status: number; readonly detail: string };

/** The media type that a request says its body has, without parameters; "" when it says none. */
export function mediaTypeOf({ headers }: IncomingMessage): string {
  return headers["content-type"]?.split(";", 1)[0]?.trim().toLowerCase() ?? "";
}

/** The body as text. One that is too long is read no further, one that breaks off nobody waits for the answer to. */
export async function readText(request: IncomingMessage, bytesMax: number): Promise<ReadText> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const piece = Buffer.from(chunk);
      bytes += piece.length;
      if (bytes > bytesMax) {
        return unread(413, `more than ${bytesMax} bytes`);
      }
      chunks.push(piece);
    }
  } catch {
    return unread(400, "the body broke off");
  }
  const body = Buffer.concat(chunks);
  return isUtf8(body)
    ? { kind: "text", text: body.toString("utf8") }
    : unread(400, "the body is not UTF-8");
}

function unread(status: number, detail: string): ReadText {
  return { kind: "problem", status, detail };
}
