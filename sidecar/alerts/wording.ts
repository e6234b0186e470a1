import type { Notice, NoticeKind } from "../core/alerts/notice.ts";
import { plainLine } from "../core/plainLine.ts";

const TITLES: Readonly<Record<NoticeKind, string>> = {
  started: "started",
  "step-advanced": "step advanced",
  promoted: "promoted",
  "rollback-stepped": "rolling back",
  "rolled-back": "rolled back",
  paused: "paused",
  resumed: "resumed",
  "gate-passed": "gate passed",
  "gate-failed": "gate failed",
  deleted: "deleted",
  anomaly: "anomaly",
  undecided: "undecided for too long",
  traffic: "traffic not in force",
  store: "the store confirms nothing",
  registry: "the registry of models does not answer",
  model: "no trial of model",
};

/** A few words: `patient-risk: anomaly drift age resolved`. */
export function titleOf({ rollout, kind, subject, status }: Notice): string {
  const words = [TITLES[kind], subject, status === "resolved" ? "resolved" : ""];
  return `${rollout ?? "sidecar"}: ${words.filter((word) => word !== "").join(" ")}`;
}

/** The reason on one line, cut when long, with nothing that a terminal or a text direction would obey. */
export function reasonOf({ reason }: Notice): string {
  return plainLine(reason);
}

/** A notice as programs are told it. */
export function documentOf(notice: Notice): object {
  const { id, kind, severity, status, rollout, subject, atMs } = notice;
  return {
    id,
    kind,
    severity,
    status,
    ...(rollout !== undefined && { rollout }),
    ...(subject !== "" && { subject }),
    time: timeOf(atMs),
    reason: reasonOf(notice),
  };
}

/** Unix time as RFC 3339. */
export function timeOf(atMs: number): string {
  return new Date(atMs).toISOString();
}
