import { type Notice, severityOf } from "../../sidecar/core/alerts/notice.ts";

/** A notice like any, but for what is said of it. */
export function noticeWith(changes: Partial<Notice> = {}): Notice {
  const kind = changes.kind ?? "rolled-back";
  return {
    id: "0123456789abcdef",
    kind,
    severity: severityOf(kind),
    rollout: "patient-risk",
    subject: "",
    status: "raised",
    atMs: Date.UTC(2026, 0, 2, 3, 4, 5),
    reason: "the candidate fails 3.1% of requests, the primary 0.2%",
    ...changes,
  };
}
