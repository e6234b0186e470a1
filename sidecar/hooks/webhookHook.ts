import type { IncomingMessage } from "node:http";
import { plainLine } from "../core/plainLine.ts";
import { bodyOf, errorOfAnswer, isSuccess, retryAfterMs } from "../outgoing/call.ts";
import { postTo } from "../outgoing/endpoint.ts";
import type { HookAnswer } from "../ports/hooks.ts";
import type { Clock } from "../ports.ts";
import type { HookSettings } from "./hooksFile.ts";
import type { WebhookFormat } from "./hooksSchema.ts";
import { type Question, typeOf } from "./question.ts";

/** Statuses that say no: to what is asked, not to the way of asking. */
const REFUSALS: ReadonlySet<number> = new Set([409, 412, 422]);
/** A status that says: not yet. */
const ACCEPTED = 202;
const REASON_CHARACTERS_MAX = 300;

/**
 * Asks over HTTP, signed: 2xx passes, but 202, which says later; 409, 412 and 422 fail. A body of JSON may say why, as `reason`; everything else in it
 * is thrown away.
 */
export function webhookHook(
  { document, endpoint, secret }: Extract<HookSettings, { kind: "webhook" }>,
  { source, clock }: { readonly source: string; readonly clock: Clock },
): (question: Question, signal: AbortSignal) => Promise<HookAnswer> {
  return async (question, signal) => {
    const nowMs = clock.wallMs();
    const written = WRITTEN[document.format ?? "plain"];
    const body = JSON.stringify(written.write(question, { source, nowMs }));
    const signature = { secret, id: question.id, nowMs };
    const letter = { contentType: written.contentType, body, signature };
    return await postTo(endpoint, letter, signal, answerIn);
  };
}

type Written = {
  readonly contentType: string;
  readonly write: (
    question: Question,
    at: { readonly source: string; readonly nowMs: number },
  ) => object;
};

/** How a question is written, by format. */
const WRITTEN: Readonly<Record<WebhookFormat, Written>> = {
  plain: {
    contentType: "application/json",
    write: (question, { source, nowMs }) => ({
      type: typeOf(question),
      timestamp: new Date(nowMs).toISOString(),
      source,
      data: question,
    }),
  },
  cloudEvents: {
    contentType: "application/cloudevents+json; charset=utf-8",
    write: (question, { source, nowMs }) => ({
      specversion: "1.0",
      id: question.id,
      source,
      type: `dev.${typeOf(question)}`,
      subject: question.rollout,
      time: new Date(nowMs).toISOString(),
      datacontenttype: "application/json",
      data: question,
    }),
  },
};

async function answerIn(response: IncomingMessage): Promise<HookAnswer> {
  const { statusCode = 0, headers } = response;
  const isRefusal = REFUSALS.has(statusCode);
  if (!isRefusal && !isSuccess(response)) {
    throw errorOfAnswer(response);
  }
  const reason = reasonIn(await bodyOf(response)) ?? `answered with status ${statusCode}`;
  return statusCode === ACCEPTED
    ? { outcome: "later", reason, retryAfterMs: retryAfterMs(headers["retry-after"]) }
    : { outcome: isRefusal ? "fail" : "pass", reason };
}

function reasonIn(body: Buffer): string | undefined {
  try {
    const answer: unknown = JSON.parse(body.toString("utf8"));
    const isObject = typeof answer === "object" && answer !== null && "reason" in answer;
    const text = isObject && typeof answer.reason === "string" ? answer.reason : "";
    return plainLine(text, REASON_CHARACTERS_MAX) || undefined;
  } catch {
    return undefined;
  }
}
