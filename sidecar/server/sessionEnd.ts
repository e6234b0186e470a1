import { CallError, type CallErrorCode } from "./status.ts";

/** Why a filter's stream ended. */
export type EndReason =
  | "gone"
  | "replaced"
  | "no-hello"
  | "bad-hello"
  | "forbidden"
  | "garbage"
  | "credit"
  | "in-force-flood"
  | "unread"
  | "stopping";

/** What the filter is told when its stream is ended. */
export function endError(reason: EndReason, details: string): CallError {
  const text = details === "" ? REASONS[reason] : `${REASONS[reason]}: ${details}`;
  return new CallError(CODES[reason] ?? "invalid", text);
}

const CODES: Readonly<Partial<Record<EndReason, CallErrorCode>>> = {
  forbidden: "forbidden",
  unread: "too-many",
  credit: "too-many",
};
const REASONS: Readonly<Record<EndReason, string>> = {
  gone: "the filter has gone",
  replaced: "the same source has opened another stream",
  "no-hello": "the first message was no Hello, or none came in time",
  "bad-hello": "the Hello can't be taken",
  forbidden: "the Hello names a rollout that is not this caller's",
  garbage: "a message could not be read",
  credit: "more was sent than the credit allows",
  "in-force-flood": "too many reports of what is in force",
  unread: "what was sent is not being read",
  stopping: "the sidecar is stopping",
};
