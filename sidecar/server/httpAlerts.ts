import type { HttpAnswer } from "./httpServer.ts";
import { problem } from "./problem.ts";

/** Who is told of what happens, as the HTTP port shows it. */
export interface AlertDesk {
  /** What waits, and what was given up, for each; plain JSON. */
  standing(): object;
  /** Has what a target was not told told again, as somebody asks; returns how many notices, or undefined without such a target. */
  retry(target: string, by: string): number | undefined;
}

/** Answers what is asked of alerts: how they stand, or, at `/alerts/retry?target=NAME`, that what was given up is tried again. */
export function answerAlerts(
  desk: AlertDesk,
  asked: {
    readonly path: "/alerts" | "/alerts/retry";
    readonly method: string;
    readonly query: string;
    readonly who: string;
  },
): HttpAnswer {
  const { path, method, query, who } = asked;
  if (path === "/alerts") {
    return ["GET", "HEAD"].includes(method)
      ? json(desk.standing())
      : { ...problem(405, "only GET and HEAD"), headers: { allow: "GET, HEAD" } };
  }
  if (method !== "POST") {
    return { ...problem(405, "only POST"), headers: { allow: "POST" } };
  }
  const target = new URLSearchParams(query).get("target") ?? "";
  const retried = desk.retry(target, who);
  return retried === undefined
    ? problem(404, "target: the name of one that the file of alerts lists")
    : json({ target, retried });
}

function json(value: object): HttpAnswer {
  return { status: 200, type: "application/json", body: `${JSON.stringify(value)}\n` };
}
