import type { AlertChannel } from "../ports/alerts.ts";
import { type ChannelParts, postTo } from "./endpoint.ts";
import { readSecret, type Secret } from "./secret.ts";
import { signatureHeaders } from "./signature.ts";
import { documentOf, timeOf } from "./wording.ts";

/** Tells a webhook of one notice by call, signed: `{type, timestamp, source, data}` as JSON. */
export function webhookChannel(parts: ChannelParts, secret: Secret): AlertChannel {
  const { endpoint, clock, source } = parts;
  return {
    groupMax: 1,
    repeatMs: undefined,
    send: async (notices, signal) => {
      for (const notice of notices) {
        const body = JSON.stringify({
          type: `understudy.${notice.kind}`,
          timestamp: timeOf(notice.atMs),
          source,
          data: documentOf(notice),
        });
        const signed = { id: notice.id, nowMs: clock.wallMs(), body };
        const headers = {
          "content-type": "application/json",
          ...signatureHeaders(readSecret(secret), signed),
        };
        await postTo(endpoint, { body, headers }, signal);
      }
    },
  };
}
