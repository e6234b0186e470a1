import { CallError } from "./status.ts";

/** Why a filter's stream ended. */
export type EndReason =
  | "gone"
  | "replaced"
  | "no-hello"
  | "bad-hello"
  | "garbage"
  | "credit"
  | "in-force-flood"
  | "unread"
  | "stopping";

/** What the filter is told when its stream is ended. */
export function endError(reason: EndReason, details: string): CallError {
  const text = details === "" ? REASONS[reason] : `${REASONS[reason]}: ${details}`;
  const code = reason === "unread" || reason === "credit" ? "too-many" : "invalid";
  return new CallError(code, text);
}

const REASONS: Readonly<Record<EndReason, string>> = {
  gone: "the filter has gone",
  replaced: "the same source has opened another stream",
  "no-hello": "the first message was no Hello, or none came in time",
  "bad-hello": "the Hello can't be taken",
  garbage: "a message could not be read",
  credit: "more was sent than the credit allows",
  "in-force-flood": "too many reports of what is in force",
  unread: "what was sent is not being read",
  stopping: "the sidecar is stopping",
};
