import type { IncomingMessage, ServerResponse } from "node:http";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { Admitted, Gate } from "./gate.ts";
import { NOT_KEPT, rolloutText } from "./httpRollouts.ts";
import type { HttpAnswer } from "./httpServer.ts";
import { Outbox } from "./outbox.ts";
import { problemOf } from "./problem.ts";
import { queryOf } from "./requestJson.ts";
import type { RolloutApi } from "./rolloutApi.ts";
import { codeOf } from "./status.ts";

/** A rollout that is watched, by whom, and what that needs. */
type Watched = {
  readonly name: string;
  readonly admitted: Admitted | undefined;
  readonly api: Pick<RolloutApi, "get" | "watch">;
  readonly gate?: Gate | undefined;
  readonly limits: Pick<Limits, "unreadMs">;
  readonly metrics: Metrics;
};

type Call = {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: string;
};

const TYPE = "application/x-ndjson";

/**
 * Answers with the rollout as it is and as it becomes, a line of JSON each, until the caller goes or may not watch any more: of what it has not read
 * only the newest waits, and one that reads nothing for long is cut off. When the sidecar ends it, the last line is a problem.
 */
export function answerWatch(call: Call, watched: Watched): HttpAnswer | "taken" {
  const { request, response, query } = call;
  const { admitted, api, gate, metrics, name } = watched;
  try {
    queryOf(query, []);
    if (request.method === "HEAD") {
      api.get(name);
      return { status: 200, type: TYPE, body: "", headers: NOT_KEPT };
    }
    watchInto(response, watched);
  } catch (error) {
    metrics.requestsRefused.inc({ code: codeOf(error) });
    return problemOf(error);
  }
  if (admitted !== undefined && gate !== undefined) {
    const connection = { certificate: undefined, close: () => void response.destroy() };
    response.once("close", gate.opened(admitted, connection));
  }
  return "taken";
}

function watchInto(response: ServerResponse, { api, limits, name }: Watched): void {
  const outbox = new Outbox<string>(response, {
    unreadMs: limits.unreadMs,
    unread: () => response.destroy(),
  });
  const unwatch = api.watch(name, {
    show: (view) => {
      if (!response.headersSent) {
        response.writeHead(200, {
          "content-type": TYPE,
          "x-content-type-options": "nosniff",
          ...NOT_KEPT,
        });
      }
      outbox.put("view", `${rolloutText(view)}\n`);
    },
    end: (error) => {
      outbox.close();
      response.end(problemOf(error).body);
    },
  });
  response.on("error", () => undefined);
  response.once("close", () => {
    unwatch();
    outbox.close();
  });
}
