import { isUtf8 } from "node:buffer";
import type { IncomingMessage } from "node:http";
import { RequestError } from "../ports.ts";
import type { HttpAnswer } from "./httpServer.ts";
import { parseLabels } from "./labelCodec.ts";
import type { LabelHandler } from "./labels.ts";
import { CallError } from "./status.ts";

/** Longest body that is read. */
export const BODY_BYTES_MAX: number = 4 << 20;

const JSON_TYPES = ["application/json"];
const LINES_TYPES = ["application/x-ndjson", "application/jsonl", "application/x-jsonlines"];

/** Answers POST /v1/labels: what became of the labels as JSON, or why they could not be taken as problem details (RFC 9457). */
export async function answerLabels(
  request: IncomingMessage,
  handler: LabelHandler,
): Promise<HttpAnswer> {
  if (request.method !== "POST") {
    return problem(405, "only POST");
  }
  const form = formOf(request.headers["content-type"] ?? "");
  if (form === undefined) {
    return problem(415, `content-type: ${[...JSON_TYPES, ...LINES_TYPES].join(", ")}`);
  }
  const read = await readText(request);
  if (read.kind === "problem") {
    return problem(read.status, read.detail);
  }
  const parsed = parseLabels(read.text, form);
  if (parsed.kind === "problem") {
    return problem(400, parsed.problem);
  }
  try {
    const recorded = await handler.record(parsed.labels);
    return { status: 200, type: "application/json", body: `${JSON.stringify(recorded)}\n` };
  } catch (error) {
    return problemOf(error);
  }
}

function formOf(type: string): "json" | "jsonLines" | undefined {
  const media = type.split(";", 1)[0]?.trim().toLowerCase() ?? "";
  if (JSON_TYPES.includes(media)) {
    return "json";
  }
  return LINES_TYPES.includes(media) ? "jsonLines" : undefined;
}

type ReadText =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "problem"; readonly status: number; readonly detail: string };

/** The body as text. One that is too long is read no further, one that breaks off nobody waits for the answer to. */
async function readText(request: IncomingMessage): Promise<ReadText> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const piece = Buffer.from(chunk);
      bytes += piece.length;
      if (bytes > BODY_BYTES_MAX) {
        return unread(413, `more than ${BODY_BYTES_MAX} bytes: send them in several requests`);
      }
      chunks.push(piece);
    }
  } catch {
    return unread(400, "the body broke off");
  }
  const body = Buffer.concat(chunks);
  return isUtf8(body)
    ? { kind: "text", text: body.toString("utf8") }
    : unread(400, "the body is not UTF-8");
}

function unread(status: number, detail: string): ReadText {
  return { kind: "problem", status, detail };
}

function problemOf(error: unknown): HttpAnswer {
  if (error instanceof CallError && error.code === "invalid") {
    return problem(400, error.message);
  }
  return error instanceof RequestError && error.code === "unavailable"
    ? problem(503, error.message)
    : problem(500, "the sidecar made a mistake");
}

const TITLES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  405: "Method Not Allowed",
  413: "Content Too Large",
  415: "Unsupported Media Type",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An error as problem details (RFC 9457). */
export function problem(status: number, detail: string): HttpAnswer {
  const body = JSON.stringify({ type: "about:blank", title: TITLES[status], status, detail });
  return { status, type: "application/problem+json", body: `${body}\n` };
}
