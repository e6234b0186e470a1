import type { Notice } from "../core/alerts/notice.ts";
import { taken } from "../outgoing/call.ts";
import { postTo } from "../outgoing/endpoint.ts";
import type { AlertChannel } from "../ports/alerts.ts";
import type { ChannelParts } from "./channelParts.ts";
import { reasonOf, timeOf, titleOf } from "./wording.ts";

const GROUP_MAX = 100;
/** What has only happened is shown for so long. */
const HAPPENED_MS = 300_000;
/** What goes on ends by itself when it was not repeated so many times. */
const REPEATS_MISSED = 3;

/** Where the API version 2 takes alerts, below the address of an Alertmanager. */
export const ALERTS_PATH = "api/v2/alerts";

/**
 * Tells a Prometheus Alertmanager (API version 2). An alert is its labels: `alertname`, `severity`, `source`, and where there are such `rollout` and
 * `subject`.
 */
export function alertmanagerChannel(parts: ChannelParts, repeatMs: number): AlertChannel {
  const { endpoint, clock, source } = parts;
  return {
    groupMax: GROUP_MAX,
    repeatMs,
    send: async (notices, signal) => {
      const nowMs = clock.wallMs();
      const alerts = notices.map((notice) => {
        const startsAtMs = Math.min(notice.atMs, nowMs);
        return {
          labels: labelsOf(notice, source),
          annotations: { summary: titleOf(notice), description: reasonOf(notice) },
          startsAt: timeOf(startsAtMs),
          endsAt: timeOf(endsAtMs({ notice, startsAtMs, nowMs, repeatMs })),
        };
      });
      const body = JSON.stringify(alerts);
      await postTo(endpoint, { contentType: "application/json", body }, signal, taken);
    },
  };
}

function endsAtMs(of: {
  readonly notice: Notice;
  readonly startsAtMs: number;
  readonly nowMs: number;
  readonly repeatMs: number;
}): number {
  switch (of.notice.status) {
    case "happened":
      return of.nowMs + HAPPENED_MS;
    case "raised":
      return of.nowMs + of.repeatMs * REPEATS_MISSED;
    case "resolved":
      return of.startsAtMs;
    default:
      return of.notice.status satisfies never;
  }
}

function labelsOf(notice: Notice, source: string): Readonly<Record<string, string>> {
  const { kind, severity, rollout, subject } = notice;
  const words = kind.split("-").map((word) => word.charAt(0).toUpperCase() + word.slice(1));
  return {
    alertname: `Understudy${words.join("")}`,
    severity,
    source,
    ...(rollout !== undefined && { rollout }),
    ...(subject !== "" && { subject }),
  };
}
