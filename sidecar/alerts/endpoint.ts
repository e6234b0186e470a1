import type { Secret } from "../access/secret.ts";
import { AlertError } from "../ports/alerts.ts";
import type { Clock } from "../ports.ts";
import { type Post, post } from "./post.ts";
import { secretOf } from "./secret.ts";

/** Where a target is, and by what it knows us. */
export type Endpoint = {
  /** Some URLs are secrets themselves. */
  readonly url: URL | Secret;
  readonly bearer: Secret | undefined;
  /** Certificates that are trusted instead of the system's, as PEM. */
  readonly ca: string | undefined;
};

/** What every channel needs. */
export type ChannelParts = {
  readonly endpoint: Endpoint;
  readonly clock: Clock;
  /** Which sidecar tells, for receivers of several. */
  readonly source: string;
};

/** Posts a text of a type to the endpoint, as `post` does. */
export async function postTo(
  { url, bearer, ca }: Endpoint,
  { body, headers }: Pick<Post, "body" | "headers">,
  signal: AbortSignal,
): Promise<void> {
  const to = url instanceof URL ? url : parseTargetUrl(secretOf(url));
  if (to === undefined) {
    throw new AlertError("misconfigured", "the secret is no URL of http or https");
  }
  const authorization = bearer === undefined ? {} : { authorization: `Bearer ${secretOf(bearer)}` };
  await post(
    {
      url: to,
      body,
      ca,
      headers: { "user-agent": "understudy", ...headers, ...authorization },
    },
    signal,
  );
}

/** A URL that can be posted to: http or https, a host, no user or password. */
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
