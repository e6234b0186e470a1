import type { IncomingMessage } from "node:http";
import type { Admitted, Gate } from "./gate.ts";
import type { HttpAnswer } from "./httpServer.ts";
import { problem } from "./problem.ts";
import { CallError } from "./status.ts";

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;
const READS: readonly (string | undefined)[] = ["GET", "HEAD"];
const OWN_SITES: readonly (string | undefined)[] = [undefined, "same-origin", "none"];

/**
 * Why a request is not looked at, whoever sends it; undefined when it is. A page in a browser can't send a token that it does not have; without
 * tokens, only its host tells it from a caller of this machine. And a page of another origin changes nothing, with a token or without.
 */
export function refusalOf(
  { headers, method }: IncomingMessage,
  { hasTokens }: { readonly hasTokens: boolean },
): HttpAnswer | undefined {
  const { host = "", origin } = headers;
  if (!hasTokens && !LOOPBACK_HOST.test(host)) {
    return { status: 421, body: "this port answers to localhost only\n" };
  }
  const isOwn = origin === undefined || hostOf(origin) === host.toLowerCase();
  const site = headers["sec-fetch-site"];
  const isOwnSite = typeof site !== "object" && OWN_SITES.includes(site);
  return READS.includes(method) || (isOwn && isOwnSite)
    ? undefined
    : problem(403, "a page of another origin can't change anything here");
}

/** The host of an origin; undefined for none that has one, as `null`. */
function hostOf(origin: string): string | undefined {
  return URL.parse(origin)?.host;
}

/** Who is let in; undefined when everybody is, and the answer to who is not, which costs its caller the connection. */
export function admittedBy(
  gate: Gate | undefined,
  method: string,
  authorization: string | undefined,
): Admitted | HttpAnswer | undefined {
  try {
    return gate?.admit(method, { authorization, certificate: undefined });
  } catch (error) {
    if (!(error instanceof CallError)) {
      throw error;
    }
    const close = { connection: "close" };
    return error.code === "unauthenticated"
      ? { ...problem(401, error.message), headers: { ...close, "www-authenticate": "Bearer" } }
      : { ...problem(403, error.message), headers: close };
  }
}
