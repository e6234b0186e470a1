import { createReadStream } from "node:fs";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import type { LookupFunction } from "node:net";
import { pipeline } from "node:stream/promises";
import { OutgoingError } from "../ports/outgoing.ts";

/** What a file holds, which has so many bytes and does not change meanwhile. */
export type FileBody = { readonly file: string; readonly bytes: number };

/** A request over HTTP, and where to. */
export type Call = {
  readonly url: URL;
  readonly method: "GET" | "POST" | "PUT";
  readonly headers: Readonly<Record<string, string>>;
  /** "" for none. */
  readonly body: string | FileBody;
  /** Certificates that are trusted instead of the system's, as PEM; undefined for the system's. */
  readonly ca: string | undefined;
  /** Finds the addresses of the host; the system does when it is absent. */
  readonly lookup?: LookupFunction;
};

/** The most that is read of an answer's body. */
export const ANSWER_BYTES_MAX: number = 64 << 10;

/**
 * Calls once, and returns what `read` makes of the answer, of whose body it takes as much as it wants; rejects only with OutgoingError. Follows no
 * redirect, and keeps no connection.
 */
export function call<Answer>(
  { url, method, headers, body, ca, lookup }: Call,
  signal: AbortSignal,
  read: (response: IncomingMessage) => Promise<Answer>,
): Promise<Answer> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  const length = body === "" ? {} : { "content-length": bytesOf(body) };
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method,
        agent: false,
        signal,
        headers: { "user-agent": "understudy", ...headers, ...length },
        ...(ca !== undefined && { ca }),
        ...(lookup !== undefined && { lookup }),
      },
      (response) => {
        read(response)
          .then(resolve, (error: unknown) => reject(outgoingErrorOf(error, signal)))
          .finally(() => sent.destroy());
      },
    );
    sent.on("error", (error) => reject(outgoingErrorOf(error, signal)));
    if (typeof body === "string") {
      sent.end(body);
    } else {
      pipeline(createReadStream(body.file), sent).catch((error: unknown) =>
        reject(outgoingErrorOf(error, signal)),
      );
    }
  });
}

function bytesOf(body: string | FileBody): number {
  return typeof body === "string" ? Buffer.byteLength(body) : body.bytes;
}

/** Reads an answer that has nothing to say but that what was sent was taken; throws OutgoingError unless its status is 2xx and it is whole. */
export async function taken(response: IncomingMessage): Promise<void> {
  if (!isSuccess(response)) {
    throw errorOfAnswer(response);
  }
  await bodyOf(response);
}

/** Whether an answer's status is 2xx. */
export function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= 200 && statusCode <= 299;
}

/** The whole body of an answer. Throws OutgoingError "failed" when it has more than `bytesMax`, by default 64 KiB. */
export async function bodyOf(
  response: IncomingMessage,
  bytesMax: number = ANSWER_BYTES_MAX,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > bytesMax) {
      throw new OutgoingError("failed", `an answer of more than ${bytesMax} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** What an answer that is no success says. */
export function errorOfAnswer({ statusCode = 0, headers }: IncomingMessage): OutgoingError {
  const message = `answered with status ${statusCode}`;
  switch (statusCode) {
    case 400:
    case 413:
    case 415:
    case 422:
      return new OutgoingError("refused", message);
    case 408:
    case 425:
    case 429:
    case 503:
      return new OutgoingError("busy", message, retryAfterMs(headers["retry-after"]));
    default:
      return new OutgoingError(codeOfStatus(statusCode), message);
  }
}

/** Of a Retry-After in seconds (RFC 9110, 10.2.3); a date is as good as none, as clocks differ. */
export function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : undefined;
}

function codeOfStatus(status: number): "redirected" | "denied" | "failed" {
  if (status >= 300 && status < 400) {
    return "redirected";
  }
  return status >= 400 && status < 500 ? "denied" : "failed";
}

/** What went wrong below HTTP. Names the error by its code alone: messages may hold what the peer sent. */
function outgoingErrorOf(error: unknown, signal: AbortSignal): OutgoingError {
  if (error instanceof OutgoingError) {
    return error;
  }
  if (signal.aborted) {
    return new OutgoingError("unreachable", "no whole answer in time");
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "no connection";
  return new OutgoingError("unreachable", code);
}
