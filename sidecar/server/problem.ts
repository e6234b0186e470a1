import { STATUS_CODES } from "node:http";
import type { HttpAnswer } from "./httpServer.ts";
import { CallError, type CallErrorCode, codeOf, statusOf } from "./status.ts";

const STATUS: Readonly<Record<CallErrorCode | "mistake", number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  unknown: 404,
  stale: 409,
  refused: 409,
  reused: 409,
  busy: 429,
  "too-many": 429,
  unread: 429,
  mistake: 500,
  unavailable: 503,
};

/** An error as problem details (RFC 9457), with members of our own. */
export function problem(status: number, detail: string, members: object = {}): HttpAnswer {
  const title = STATUS_CODES[status];
  const body = JSON.stringify({ type: "about:blank", title, status, detail, ...members });
  return { status, type: "application/problem+json", body: `${body}\n` };
}

/**
 * What a call was not done for, as problem details: `code` tells apart what has one status, and `problems` are all that is wrong with a plan, each
 * with its place.
 */
export function problemOf(error: unknown, status: number = STATUS[codeOf(error)]): HttpAnswer {
  const code = codeOf(error);
  const found = error instanceof CallError ? error.problems : [];
  const problems = found.map(({ allowed, column, field, given, line }) => ({
    line,
    column,
    field,
    message: `${given}: ${allowed}`,
  }));
  return problem(status, statusOf(error).details, {
    code,
    ...(problems.length > 0 && { problems }),
  });
}
