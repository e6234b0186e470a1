import type { IncomingMessage } from "node:http";
import { understudy } from "#proto";
import type { Command } from "../core/rollout/command.ts";
import type { Metrics } from "../metrics.ts";
import type { RolloutView } from "../ports.ts";
import { explanationOf } from "./explainCodec.ts";
import { historyOf } from "./historyCodec.ts";
import { mediaTypeOf, readText } from "./httpBody.ts";
import type { Operation } from "./httpRoute.ts";
import type { HttpAnswer } from "./httpServer.ts";
import { messageJson } from "./messageJson.ts";
import { problem, problemOf } from "./problem.ts";
import { parseApply, parseChange, parseHistory, queryOf, revisionOf } from "./requestJson.ts";
import { KEY_HEADER } from "./requestKey.ts";
import type { Asker, RolloutApi } from "./rolloutApi.ts";
import { type ChangeRequest, differencesOf, rolloutOf } from "./rolloutCodec.ts";
import { CallError, codeOf } from "./status.ts";

const v1 = understudy.v1;

/** A request that was let in. */
export type HttpAsked = {
  readonly operation: Exclude<Operation, "Watch">;
  /** The rollout's name; "" for all of them. */
  readonly name: string;
  readonly query: string;
  readonly who: string;
};

/** Longest bodies that are read: a plan with its descriptors and its reference as one JSON text, and a reason. */
const APPLY_BYTES_MAX = 512 << 10;
const CHANGE_BYTES_MAX = 16 << 10;

const JSON_TYPE = "application/json";
const PLAN_TYPES = [JSON_TYPE, "application/yaml"];

/** Answers what is asked under /v1/rollouts: the messages of proto/rollout.proto as JSON, or problem details. */
export class HttpRollouts {
  readonly #parts: { readonly api: RolloutApi; readonly metrics: Metrics };

  constructor(parts: { readonly api: RolloutApi; readonly metrics: Metrics }) {
    this.#parts = parts;
  }

  async answer(request: IncomingMessage, asked: HttpAsked): Promise<HttpAnswer> {
    try {
      return await this.#answer(request, asked);
    } catch (error) {
      const code = codeOf(error);
      this.#parts.metrics.requestsRefused.inc({ code });
      const isUnmet = code === "stale" && request.headers["if-match"] !== undefined;
      return isUnmet ? problemOf(error, 412) : problemOf(error);
    }
  }

  async #answer(request: IncomingMessage, asked: HttpAsked): Promise<HttpAnswer> {
    const { api } = this.#parts;
    const { name, operation, query } = asked;
    if (operation === "History") {
      const history = historyOf(await api.history(parseHistory(query, name)));
      return json(messageJson(v1.HistoryResponse, new v1.HistoryResponse(history)));
    }
    queryOf(query, []);
    switch (operation) {
      case "List": {
        const list = new v1.ListResponse({ rollouts: api.list().map(rolloutOf) });
        return json(messageJson(v1.ListResponse, list));
      }
      case "Get":
        return rolloutAnswer(api.get(name));
      case "Explain": {
        const explanation = explanationOf(api.explain(name));
        return json(messageJson(v1.Explanation, new v1.Explanation(explanation)));
      }
      case "Differences": {
        const differences = new v1.DifferencesResponse(differencesOf(api.get(name)));
        return json(messageJson(v1.DifferencesResponse, differences));
      }
      case "Apply":
        return this.#apply(request, asked);
      default:
        return this.#change(request, asked, COMMANDS[operation]);
    }
  }

  async #apply(request: IncomingMessage, { who }: HttpAsked): Promise<HttpAnswer> {
    const type = mediaTypeOf(request);
    const body = await bodyOf(request, PLAN_TYPES, APPLY_BYTES_MAX);
    if (typeof body !== "string") {
      return body;
    }
    const said = type === JSON_TYPE ? parseApply(body) : { plan: body, reason: "", revision: 0 };
    const revision = conditionOf(request, said.revision);
    const view = await this.#parts.api.apply({ ...said, revision }, askerOf(request, who));
    const answer = rolloutAnswer(view);
    return {
      ...answer,
      headers: { ...answer.headers, location: `/v1/rollouts/${view.plan.name}` },
    };
  }

  async #change(
    request: IncomingMessage,
    { name, who }: HttpAsked,
    kind: Command["kind"],
  ): Promise<HttpAnswer> {
    const body = await bodyOf(request, [JSON_TYPE], CHANGE_BYTES_MAX);
    if (typeof body !== "string") {
      return body;
    }
    const said = parseChange(body, name);
    const change: ChangeRequest = { ...said, revision: conditionOf(request, said.revision) };
    return rolloutAnswer(await this.#parts.api.change(kind, change, askerOf(request, who)));
  }
}

const COMMANDS = {
  Promote: "promote",
  Rollback: "rollback",
  Pause: "pause",
  Resume: "resume",
  Approve: "approve",
  Delete: "delete",
} as const;

/** A view as one JSON text, by the proto3 JSON mapping of Rollout. */
export function rolloutText(view: RolloutView): string {
  return JSON.stringify(messageJson(v1.Rollout, new v1.Rollout(rolloutOf(view))));
}

/** Its ETag is its revision, which a change may ask for by `if-match`. */
function rolloutAnswer(view: RolloutView): HttpAnswer {
  const headers = { ...NOT_KEPT, etag: `"${view.state.revision}"` };
  return { status: 200, type: JSON_TYPE, body: `${rolloutText(view)}\n`, headers };
}

/** What is told here is old at once. */
export const NOT_KEPT = { "cache-control": "no-store" } as const;

function json(value: object): HttpAnswer {
  return { status: 200, type: JSON_TYPE, body: `${JSON.stringify(value)}\n`, headers: NOT_KEPT };
}

/**
 * The body, or why it is not taken. A type that browsers send across origins without asking is never taken: only a DELETE may come without one,
 * as they never send that without asking.
 */
async function bodyOf(
  request: IncomingMessage,
  types: readonly string[],
  bytesMax: number,
): Promise<string | HttpAnswer> {
  const type = mediaTypeOf(request);
  const isBare = request.method === "DELETE" && type === "";
  if (!isBare && !types.includes(type)) {
    return problem(415, `content-type: ${types.join(", ")}`, { code: "invalid" });
  }
  if ((request.headers["content-encoding"] ?? "identity") !== "identity") {
    return problem(415, "content-encoding: none is taken", { code: "invalid" });
  }
  const read = await readText(request, bytesMax);
  return read.kind === "text" ? read.text : problem(read.status, read.detail, { code: "invalid" });
}

/** The one revision that is asked for: 0 takes any. */
function conditionOf({ headers }: IncomingMessage, said: number): number {
  const revision = revisionOf(headers["if-match"]) ?? said;
  if (said !== 0 && said !== revision) {
    throw new CallError("invalid", "if-match and revision ask for different ones");
  }
  return revision;
}

function askerOf({ headers }: IncomingMessage, who: string): Asker {
  const key = headers[KEY_HEADER];
  return { who, via: "http", key: Array.isArray(key) ? key.join(", ") : key };
}
