import type { IncomingMessage } from "node:http";
import type { Secret } from "../access/secret.ts";
import { OutgoingError } from "../ports/outgoing.ts";
import { call } from "./call.ts";
import { secretOf } from "./secret.ts";
import { signatureHeaders } from "./signature.ts";

/** Where a receiver of webhooks is, and by what it knows us. */
export type Endpoint = {
  /** Some URLs are secrets themselves. */
  readonly url: URL | Secret;
  readonly bearer: Secret | undefined;
  /** Certificates that are trusted instead of the system's, as PEM. */
  readonly ca: string | undefined;
};

/** What is posted to an endpoint. */
export type Letter = {
  readonly contentType: string;
  readonly body: string;
  /** By what it is signed, with the id that repetitions are known by, and when this attempt is made, Unix time; absent when it is not signed. */
  readonly signature?:
    | { readonly secret: Secret; readonly id: string; readonly nowMs: number }
    | undefined;
};

/** Posts once, as `call` does, and returns what `read` makes of the answer. Rejects only with OutgoingError. */
export async function postTo<Answer>(
  { url, bearer, ca }: Endpoint,
  { contentType, body, signature }: Letter,
  signal: AbortSignal,
  read: (response: IncomingMessage) => Promise<Answer>,
): Promise<Answer> {
  const to = url instanceof URL ? url : parseTargetUrl(secretOf(url));
  if (to === undefined) {
    throw new OutgoingError("misconfigured", "the secret is no URL of http or https");
  }
  const headers = {
    "content-type": contentType,
    ...(signature && signatureHeaders(secretOf(signature.secret), { ...signature, body })),
    ...(bearer && { authorization: `Bearer ${secretOf(bearer)}` }),
  };
  return await call({ url: to, method: "POST", body, ca, headers }, signal, read);
}

/** Whether what goes to a URL does not leave this machine. */
export function isLoopbackUrl({ hostname }: URL): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}

/** A URL that can be called: http or https, a host, no user or password. */
export function parseTargetUrl(text: string): URL | undefined {
  const url = URL.parse(text);
  const isFit =
    url !== null &&
    ["http:", "https:"].includes(url.protocol) &&
    url.hostname !== "" &&
    url.username === "" &&
    url.password === "";
  return isFit ? url : undefined;
}
