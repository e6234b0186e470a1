import type { AlertChannel } from "../ports/alerts.ts";
import { type ChannelParts, postTo } from "./endpoint.ts";
import { readSecret, type Secret } from "./secret.ts";
import { signatureHeaders } from "./signature.ts";
import { documentOf, timeOf } from "./wording.ts";

/** Tells of one notice by call, as a CloudEvent 1.0 in structured mode over HTTP; signed as a webhook is when there is a secret. */
export function cloudEventsChannel(parts: ChannelParts, secret: Secret | undefined): AlertChannel {
  const { endpoint, clock, source } = parts;
  return {
    groupMax: 1,
    repeatMs: undefined,
    send: async (notices, signal) => {
      for (const notice of notices) {
        const body = JSON.stringify({
          specversion: "1.0",
          id: notice.id,
          source,
          type: `dev.understudy.${notice.kind}`,
          ...(notice.rollout !== undefined && { subject: notice.rollout }),
          time: timeOf(notice.atMs),
          datacontenttype: "application/json",
          data: documentOf(notice),
        });
        const signed = { id: notice.id, nowMs: clock.wallMs(), body };
        const headers = {
          "content-type": "application/cloudevents+json; charset=utf-8",
          ...(secret && signatureHeaders(readSecret(secret), signed)),
        };
        await postTo(endpoint, { body, headers }, signal);
      }
    },
  };
}
