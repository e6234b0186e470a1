import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type Faults, noFaults } from "./faults.ts";
import { inferenceAnswer, parseInference, tensorMetadata } from "./inference.ts";
import type { Model } from "./model.ts";

/** What a model server counted; answers to `GET /stats`. */
export type ServerStats = {
  readonly version: string;
  /** Requests to infer that were sent on behalf of a user. */
  userRequests: number;
  /** Copies, marked by `x-understudy-shadow`. */
  shadowRequests: number;
  /** When the last user request came, Unix time; 0 when none did. */
  lastUserRequestUnixMs: number;
};

const BODY_BYTES_MAX = 64 * 1024;

type Reply = { readonly status: number; readonly body: object };

/** A server of one model over the Open Inference Protocol v2 (REST), with `GET /stats` beside it. */
export function modelServer(model: Model, faults: Faults = noFaults): Server {
  const stats: ServerStats = {
    version: model.version,
    userRequests: 0,
    shadowRequests: 0,
    lastUserRequestUnixMs: 0,
  };
  const base = `/v2/models/${model.name}`;
  const names = [base, `${base}/versions/${model.version}`];
  const reads = new Map<string, object>([
    ["/stats", stats],
    ["/v2", { name: "patient-risk example", version: model.version, extensions: [] }],
    ["/v2/health/live", { live: true }],
    ["/v2/health/ready", { ready: true }],
    ...names.map((path): [string, object] => [path, metadata(model)]),
    ...names.map((path): [string, object] => [`${path}/ready`, { name: model.name, ready: true }]),
  ]);
  const infers = new Set(names.map((path) => `${path}/infer`));

  return createServer((request, response) => {
    const path = (request.url ?? "").split("?", 1)[0] ?? "";
    if (infers.has(path) && request.method === "POST") {
      count(stats, request);
      answerInference(model, faults, { request, response });
    } else {
      request.resume();
      send(response, answerRead(reads.get(path), infers.has(path), request.method));
    }
  });
}

function metadata(model: Model): object {
  return {
    name: model.name,
    versions: [model.version],
    platform: "onnx_onnxv1",
    ...tensorMetadata(model.featureCount),
  };
}

function count(stats: ServerStats, request: IncomingMessage): void {
  if (request.headers["x-understudy-shadow"] === undefined) {
    stats.userRequests += 1;
    stats.lastUserRequestUnixMs = Date.now();
  } else {
    stats.shadowRequests += 1;
  }
}

function answerRead(body: object | undefined, infer: boolean, method: string | undefined): Reply {
  if (body === undefined && !infer) {
    return failure(404, "no such model, version or path");
  }
  return body !== undefined && method === "GET"
    ? { status: 200, body }
    : failure(405, `${infer ? "POST" : "GET"} only`);
}

function answerInference(
  model: Model,
  faults: Faults,
  exchange: { readonly request: IncomingMessage; readonly response: ServerResponse },
): void {
  const { request, response } = exchange;
  const fault = faults();
  readBody(request)
    .then(async (text) => {
      if (text === undefined) {
        response.setHeader("connection", "close");
        send(response, failure(413, `the body is over ${BODY_BYTES_MAX} bytes`));
      } else if (fault === "error") {
        send(response, failure(500, "the model failed"));
      } else if (fault === "none") {
        send(response, await infer(model, text));
      }
    })
    .catch(() => {
      send(response, failure(500, "the model could not answer"));
    });
}

async function infer(model: Model, text: string): Promise<Reply> {
  const parsed = parseInference(text, model.featureCount);
  if ("problem" in parsed) {
    return failure(400, parsed.problem);
  }
  const predictions = await model.predict(parsed.values, parsed.rowCount);
  return { status: 200, body: inferenceAnswer(model, parsed, predictions) };
}

/** The body as text, or undefined when it is over the limit. Rejects when the client goes away. */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > BODY_BYTES_MAX) {
      return undefined;
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function failure(status: number, error: string): Reply {
  return { status, body: { error } };
}

function send(response: ServerResponse, reply: Reply): void {
  if (response.headersSent || response.destroyed) {
    return;
  }
  const body = JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}
