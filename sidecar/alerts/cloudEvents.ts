import type { Secret } from "../access/secret.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { ChannelParts } from "./channelParts.ts";
import { noticeByCall } from "./noticeByCall.ts";
import { documentOf, timeOf } from "./wording.ts";

/** Tells of one notice by call, as a CloudEvent 1.0 in structured mode over HTTP; signed as a webhook is when there is a secret. */
export function cloudEventsChannel(parts: ChannelParts, secret: Secret | undefined): AlertChannel {
  return noticeByCall(parts, secret, {
    contentType: "application/cloudevents+json; charset=utf-8",
    write: (notice) => ({
      specversion: "1.0",
      id: notice.id,
      source: parts.source,
      type: `dev.understudy.${notice.kind}`,
      ...(notice.rollout !== undefined && { subject: notice.rollout }),
      time: timeOf(notice.atMs),
      datacontenttype: "application/json",
      data: documentOf(notice),
    }),
  });
}
