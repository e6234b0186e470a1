import type { Secret } from "../access/secret.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { ChannelParts } from "./channelParts.ts";
import { noticeByCall } from "./noticeByCall.ts";
import { documentOf, timeOf } from "./wording.ts";

/** Tells a webhook of one notice by call, signed: `{type, timestamp, source, data}` as JSON. */
export function webhookChannel(parts: ChannelParts, secret: Secret): AlertChannel {
  return noticeByCall(parts, secret, {
    contentType: "application/json",
    write: (notice) => ({
      type: `understudy.${notice.kind}`,
      timestamp: timeOf(notice.atMs),
      source: parts.source,
      data: documentOf(notice),
    }),
  });
}
