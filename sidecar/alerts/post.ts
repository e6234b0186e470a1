import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { AlertError } from "../ports/alerts.ts";

/** What is sent, and where to. */
export type Post = {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Certificates that are trusted instead of the system's, as PEM; undefined for the system's. */
  readonly ca: string | undefined;
};

/** The largest answer that is read; it is thrown away. */
const ANSWER_BYTES_MAX = 64 << 10;

/**
 * Posts the body once. Resolves when the answer has a status of 2xx and is whole; rejects only with AlertError. Follows no redirect, keeps
 * no connection, and reads at most 64 KiB of an answer.
 */
export function post({ url, headers, body, ca }: Post, signal: AbortSignal): Promise<void> {
  const request = url.protocol === "https:" ? requestHttps : requestHttp;
  return new Promise((resolve, reject) => {
    const sent = request(
      url,
      {
        method: "POST",
        agent: false,
        signal,
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        ...(ca !== undefined && { ca }),
      },
      (response) => {
        readAnswer(response).then(resolve, (error: unknown) => {
          sent.destroy();
          reject(alertErrorOf(error, signal));
        });
      },
    );
    sent.on("error", (error) => reject(alertErrorOf(error, signal)));
    sent.end(body);
  });
}

/** Reads the whole answer; throws AlertError unless it is a success. */
async function readAnswer(response: IncomingMessage): Promise<void> {
  const status = response.statusCode ?? 0;
  if (status < 200 || status > 299) {
    throw errorOfStatus(status, response.headers["retry-after"]);
  }
  let bytes = 0;
  for await (const chunk of response) {
    bytes += chunk.length;
    if (bytes > ANSWER_BYTES_MAX) {
      throw new AlertError("failed", `an answer of more than ${ANSWER_BYTES_MAX} bytes`);
    }
  }
}

function errorOfStatus(status: number, retryAfter: string | undefined): AlertError {
  const message = `answered with status ${status}`;
  switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
      return new AlertError("refused", message);
    case 408:
    case 425:
    case 429:
    case 503:
      return new AlertError("busy", message, retryAfterMs(retryAfter));
    default:
      return new AlertError(codeOfStatus(status), message);
  }
}

function codeOfStatus(status: number): "redirected" | "denied" | "failed" {
  if (status >= 300 && status < 400) {
    return "redirected";
  }
  return status >= 400 && status < 500 ? "denied" : "failed";
}

/** Of a Retry-After in seconds (RFC 9110, 10.2.3); a date is as good as none, as clocks differ. */
function retryAfterMs(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) * 1_000 : undefined;
}

/** What went wrong below HTTP. Names the error by its code alone: messages may hold what the peer sent. */
function alertErrorOf(error: unknown, signal: AbortSignal): AlertError {
  if (error instanceof AlertError) {
    return error;
  }
  if (signal.aborted) {
    return new AlertError("unreachable", "no whole answer in time");
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "no connection";
  return new AlertError("unreachable", code);
}
