import type { Notice, Severity } from "../core/alerts/notice.ts";
import { taken } from "../outgoing/call.ts";
import { postTo } from "../outgoing/endpoint.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { ChannelParts } from "./channelParts.ts";
import { reasonOf, titleOf } from "./wording.ts";

/** Notices in one message: longer ones are cut by Slack. */
const GROUP_MAX = 20;

const MARKS: Readonly<Record<Severity, string>> = {
  info: ":information_source:",
  warning: ":warning:",
  critical: ":rotating_light:",
};

/** Tells an incoming webhook of Slack, or of what takes the same, in one message for those of a rollout that wait together. */
export function slackChannel({ endpoint }: ChannelParts): AlertChannel {
  return {
    groupMax: GROUP_MAX,
    repeatMs: undefined,
    send: async (notices, signal) => {
      const body = JSON.stringify({ text: notices.map(linesOf).join("\n") });
      await postTo(endpoint, { contentType: "application/json", body }, signal, taken);
    },
  };
}

function linesOf(notice: Notice): string {
  const mark = notice.status === "resolved" ? ":white_check_mark:" : MARKS[notice.severity];
  return `${mark} *${escaped(titleOf(notice))}*\n${escaped(reasonOf(notice))}`;
}

/** Neither markup nor mentions: Slack's own begin with <, those of its likes with @. */
function escaped(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll("@", "@\u200b");
}
