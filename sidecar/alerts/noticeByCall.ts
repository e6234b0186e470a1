import type { Secret } from "../access/secret.ts";
import type { Notice } from "../core/alerts/notice.ts";
import { taken } from "../outgoing/call.ts";
import { postTo } from "../outgoing/endpoint.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { ChannelParts } from "./channelParts.ts";

/** How a notice is written for a receiver. */
export type NoticeForm = {
  readonly contentType: string;
  readonly write: (notice: Notice) => object;
};

/** A channel that tells of one notice by call, as JSON, so that its id is good for telling repetitions; signed where there is a secret. */
export function noticeByCall(
  { endpoint, clock }: ChannelParts,
  secret: Secret | undefined,
  { contentType, write }: NoticeForm,
): AlertChannel {
  return {
    groupMax: 1,
    repeatMs: undefined,
    send: async (notices, signal) => {
      for (const notice of notices) {
        const body = JSON.stringify(write(notice));
        const signature = secret && { secret, id: notice.id, nowMs: clock.wallMs() };
        await postTo(endpoint, { contentType, body, signature }, signal, taken);
      }
    },
  };
}
