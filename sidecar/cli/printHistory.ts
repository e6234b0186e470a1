import { understudy } from "#proto";
import type { History } from "./client.ts";
import { alignedTable } from "./table.ts";

const { Cause } = understudy.v1;

type Event = understudy.v1.HistoryEvent.$Properties;

/** A line for each event: revision, time in UTC, what happened, by whom, and why; and how to see more. */
export function printHistory({ events, before }: History): string {
  const rows = events.map((event) => [
    String(event.revision ?? 0),
    timeText(Number(event.atUnixMs)),
    event.kind ?? "",
    causeText(event),
    event.reason ?? "",
  ]);
  const lines = alignedTable([["revision", "at", "event", "by", "why"], ...rows], "rllll");
  const more = Number(before) === 0 ? [] : [`earlier events: --before ${before}`];
  return [...lines, ...more].join("\n");
}

function causeText({ cause, by }: Event): string {
  switch (cause) {
    case Cause.CAUSE_COMMAND:
      return by ?? "";
    case Cause.CAUSE_GATE:
      return `gate ${by}`;
    case Cause.CAUSE_EVIDENCE:
      return "evidence";
    case Cause.CAUSE_PLAN:
      return "the plan";
    case Cause.CAUSE_WATCH:
      return "the watch";
    default:
      return "";
  }
}

function timeText(unixMs: number): string {
  const date = new Date(unixMs);
  return Number.isNaN(date.getTime()) ? "?" : `${date.toISOString().slice(0, 19)}Z`;
}
