import type { IncomingMessage } from "node:http";
import type { Secret } from "../access/secret.ts";
import { bodyOf, call, errorOfAnswer, type FileBody, isSuccess } from "../outgoing/call.ts";
import { secretOf } from "../outgoing/secret.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import { RegistryError, type RegistryErrorCode } from "../ports/registry.ts";

/** A server that keeps models, and by what it knows us. */
export type Server = {
  readonly url: URL;
  readonly bearer: Secret | undefined;
  /** Certificates that are trusted instead of the system's, as PEM. */
  readonly ca: string | undefined;
};

/** What is asked of it. */
export type Question = {
  readonly method: "GET" | "POST" | "PUT";
  /** Below the server's own, with the query. */
  readonly path: string;
  /** A text in JSON, or a file; "" for none. */
  readonly body: string | FileBody;
};

/** The most that is read of an answer, 8 MiB: a page of versions is far smaller. */
const ANSWER_BYTES_MAX = 8 << 20;

/** Asks once, and returns the answer's text. Rejects only with RegistryError: for a status other than 2xx, with what `errorOf` makes of it. */
export async function ask(
  { url, bearer, ca }: Server,
  { method, path, body }: Question,
  signal: AbortSignal,
  errorOf: (plain: RegistryError, text: string) => RegistryError,
): Promise<string> {
  const read = async (response: IncomingMessage): Promise<string> => {
    const text = (await bodyOf(response, ANSWER_BYTES_MAX)).toString("utf8");
    if (!isSuccess(response)) {
      throw new NoSuccess(errorOf(errorOfStatus(response), text));
    }
    return text;
  };
  try {
    const headers = {
      "content-type": typeof body === "string" ? "application/json" : "application/octet-stream",
      ...(bearer && { authorization: `Bearer ${secretOf(bearer)}` }),
    };
    const to = new URL(path, url.href.replace(/\/?$/, "/"));
    return await call({ url: to, method, headers, body, ca }, signal, read);
  } catch (error) {
    throw registryErrorOf(error);
  }
}

/** Carries a RegistryError through a call, which lets through its own errors alone. */
class NoSuccess extends OutgoingError {
  readonly error: RegistryError;

  constructor(error: RegistryError) {
    super("failed", error.message);
    this.error = error;
  }
}

function errorOfStatus(response: IncomingMessage): RegistryError {
  const { code, message } = errorOfAnswer(response);
  return new RegistryError(response.statusCode === 404 ? "missing" : codeOf(code), message);
}

function registryErrorOf(error: unknown): unknown {
  if (error instanceof NoSuccess) {
    return error.error;
  }
  return error instanceof OutgoingError
    ? new RegistryError(codeOf(error.code), error.message)
    : error;
}

/** A redirect is refused, as tokens go nowhere else. */
function codeOf(code: OutgoingError["code"]): RegistryErrorCode {
  return code === "redirected" ? "refused" : code;
}
