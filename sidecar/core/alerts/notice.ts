import type { RolloutEvent } from "../rollout/event.ts";

/** How much it matters: to know, to look at today, to look at now. */
export type Severity = "info" | "warning" | "critical";

/** Severities, the least first. */
export const SEVERITIES = ["info", "warning", "critical"] as const;

/**
 * What is told. The first are decisions; an `anomaly`, `undecided`, `traffic` (what was decided is not in force), `store` (it confirms
 * nothing), `registry` (that of models does not answer) and `model` (a version of it can't be tried) go on until they are over.
 */
export type NoticeKind =
  | "started"
  | "step-advanced"
  | "promoted"
  | "rollback-stepped"
  | "rolled-back"
  | "paused"
  | "resumed"
  | "gate-passed"
  | "gate-failed"
  | "deleted"
  | "anomaly"
  | "undecided"
  | "traffic"
  | "store"
  | "registry"
  | "model";

/** Something that people or systems are told, once to each target. */
export type Notice = {
  /** The same at every attempt and after every restart, so that receivers can drop what they have. */
  readonly id: string;
  readonly kind: NoticeKind;
  readonly severity: Severity;
  /** Whose it is, which is how notices are grouped; undefined for what is about the sidecar as a whole. */
  readonly rollout: string | undefined;
  /** Which of its kind, as the anomaly's name; "" where a rollout has but one. */
  readonly subject: string;
  /** `raised` goes on until `resolved`, under the same rollout, kind and subject; `happened` is over. */
  readonly status: "raised" | "resolved" | "happened";
  /** When it happened, began or ended, Unix time. */
  readonly atMs: number;
  /** One sentence, in people's words: to be escaped by whoever shows it. */
  readonly reason: string;
};

const SEVERITY: Readonly<Record<NoticeKind, Severity>> = {
  started: "info",
  "step-advanced": "info",
  promoted: "info",
  "rollback-stepped": "critical",
  "rolled-back": "critical",
  paused: "info",
  resumed: "info",
  "gate-passed": "info",
  "gate-failed": "warning",
  deleted: "info",
  anomaly: "warning",
  undecided: "warning",
  traffic: "warning",
  store: "critical",
  registry: "warning",
  model: "warning",
};

/** How much a kind matters. */
export function severityOf(kind: NoticeKind): Severity {
  return SEVERITY[kind];
}

/** Whether a severity is at least another. */
export function isAtLeast(severity: Severity, least: Severity): boolean {
  return SEVERITIES.indexOf(severity) >= SEVERITIES.indexOf(least);
}

/** The same for everything that is told of one alert, from its beginning to its end. */
export function alertKey({ rollout, kind, subject }: Notice): string {
  return JSON.stringify([rollout ?? "", kind, subject]);
}

/** What is told of an event in the log. */
export function noticeOf(entry: {
  readonly id: string;
  readonly rollout: string;
  readonly event: RolloutEvent;
}): Notice {
  const { id, rollout, event } = entry;
  const { kind, subject, status } = tellingOf(event);
  const { atMs, reason } = event;
  return { id, kind, severity: severityOf(kind), rollout, subject, status, atMs, reason };
}

function tellingOf(event: RolloutEvent): Pick<Notice, "kind" | "subject" | "status"> {
  switch (event.kind) {
    case "anomaly-raised":
      return { kind: "anomaly", subject: event.anomaly, status: "raised" };
    case "anomaly-resolved":
      return { kind: "anomaly", subject: event.anomaly, status: "resolved" };
    case "gate-failed": {
      const status = event.onFailure === "hold" ? "raised" : "happened";
      return { kind: event.kind, subject: "", status };
    }
    case "rolled-back":
    case "paused":
      return { kind: event.kind, subject: "", status: "raised" };
    case "started":
    case "step-advanced":
    case "promoted":
    case "resumed":
    case "rollback-stepped":
    case "gate-passed":
    case "deleted":
      return { kind: event.kind, subject: "", status: "happened" };
    default:
      return event satisfies never;
  }
}
