import { type ServiceError, status } from "@grpc/grpc-js";
import type { Problem } from "../plan/problem.ts";
import { RequestError, type RequestErrorCode } from "../ports.ts";

/** Why a call was not done: an error of the core's ports, or one of the server itself. */
export type CallErrorCode =
  | RequestErrorCode
  | "invalid"
  | "too-many"
  | "unread"
  | "unauthenticated"
  | "forbidden";

const STATUS: Readonly<Record<CallErrorCode, status>> = {
  unknown: status.NOT_FOUND,
  stale: status.ABORTED,
  refused: status.FAILED_PRECONDITION,
  reused: status.ALREADY_EXISTS,
  busy: status.RESOURCE_EXHAUSTED,
  unavailable: status.UNAVAILABLE,
  invalid: status.INVALID_ARGUMENT,
  "too-many": status.RESOURCE_EXHAUSTED,
  unread: status.RESOURCE_EXHAUSTED,
  unauthenticated: status.UNAUTHENTICATED,
  forbidden: status.PERMISSION_DENIED,
};

/** An error of the server itself. */
export class CallError extends Error {
  readonly code: CallErrorCode;
  /** All that is wrong with a plan, when that is why. */
  readonly problems: readonly Problem[];

  constructor(code: CallErrorCode, message: string, problems: readonly Problem[] = []) {
    super(message);
    this.name = "CallError";
    this.code = code;
    this.problems = problems;
  }
}

/** What the caller is told: only what our own errors say, nothing of others. */
export function statusOf(error: unknown): Pick<ServiceError, "code" | "details"> {
  return error instanceof RequestError || error instanceof CallError
    ? { code: STATUS[error.code], details: error.message }
    : { code: status.INTERNAL, details: "the sidecar made a mistake" };
}

/** The code for metrics: one of a closed set. */
export function codeOf(error: unknown): CallErrorCode | "mistake" {
  return error instanceof RequestError || error instanceof CallError ? error.code : "mistake";
}
