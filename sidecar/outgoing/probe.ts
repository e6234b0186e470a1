import { OutgoingError } from "../ports/outgoing.ts";
import type { Probe } from "../ports/probe.ts";
import { call, errorOfAnswer, isSuccess } from "./call.ts";
import { parseTargetUrl } from "./endpoint.ts";
import { guardedLookup, isHostAllowed } from "./guardedLookup.ts";

/** Where plans may have readiness asked, and whom certificates are believed from. */
export type ProbeSettings = {
  /** Schemes, hosts and ports; undefined for any but those that are no service of a mesh. */
  readonly origins: readonly string[] | undefined;
  /** Certificates that are trusted instead of the system's, as PEM; undefined for the system's. */
  readonly ca: string | undefined;
};

const ANYWHERE: ProbeSettings = { origins: undefined, ca: undefined };

/** Asks by GET: what answers 2xx is ready. Bodies are not read, and redirects not followed. */
export function httpProbe({ origins, ca }: ProbeSettings = ANYWHERE): Probe {
  return {
    check: async (text, signal) => {
      const url = parseTargetUrl(text);
      if (url === undefined) {
        throw new OutgoingError("misconfigured", "is no URL of http or https");
      }
      if (!isHostAllowed(url) || origins?.includes(url.origin) === false) {
        throw new OutgoingError("misconfigured", "is where this sidecar asks nobody");
      }
      const request = { url, method: "GET", headers: {}, body: "", ca } as const;
      await call({ ...request, lookup: guardedLookup }, signal, async (response) => {
        if (!isSuccess(response)) {
          throw errorOfAnswer(response);
        }
      });
    },
  };
}
