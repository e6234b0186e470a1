import type { IncomingMessage } from "node:http";
import { mediaTypeOf, readText } from "./httpBody.ts";
import type { HttpAnswer } from "./httpServer.ts";
import { parseLabels } from "./labelCodec.ts";
import type { LabelHandler } from "./labels.ts";
import { problem, problemOf } from "./problem.ts";

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
    return { ...problem(405, "only POST"), headers: { allow: "POST" } };
  }
  const form = formOf(mediaTypeOf(request));
  if (form === undefined) {
    return problem(415, `content-type: ${[...JSON_TYPES, ...LINES_TYPES].join(", ")}`);
  }
  const read = await readText(request, BODY_BYTES_MAX);
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

function formOf(media: string): "json" | "jsonLines" | undefined {
  if (JSON_TYPES.includes(media)) {
    return "json";
  }
  return LINES_TYPES.includes(media) ? "jsonLines" : undefined;
}
