import type { Answer } from "../../sidecar/core/observation.ts";
import type { CompareRules } from "../../sidecar/core/plan/plan.ts";

/** An answer 200 with this text as its body, JSON unless said otherwise. */
export function answerOf(body: string | Uint8Array, changes: Partial<Answer> = {}): Answer {
  const bytes = typeof body === "string" ? new TextEncoder().encode(body) : body;
  return {
    status: 200,
    failure: "none",
    contentType: "application/json",
    contentEncoding: "",
    latencyMs: 1,
    body: bytes,
    bodyBytes: bytes.length,
    truncated: false,
    ...changes,
  };
}

/** Rules that say nothing, but for these. */
export function rulesOf(changes: Partial<CompareRules> = {}): CompareRules {
  return {
    format: "auto",
    prediction: undefined,
    ignore: [],
    tolerances: [],
    unordered: [],
    similar: [],
    samples: { perPath: 3, show: [], redact: [] },
    ...changes,
  };
}
