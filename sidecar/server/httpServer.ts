import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Address } from "../address.ts";
import type { Metrics } from "../metrics.ts";
import { answerLabels } from "./httpLabels.ts";
import type { LabelHandler } from "./labels.ts";

/** What the HTTP port tells of. */
export type HttpParts = {
  readonly metrics: Metrics;
  /** Whether the loop turns. */
  readonly isAlive: () => boolean;
  /** Whether the loop turns and the store confirms what it is given. */
  readonly isReady: () => boolean;
  readonly labels: LabelHandler;
  /** Who is told of what happens, what waits, and what was given up; plain JSON. */
  readonly alerts: () => object;
};

/** What is answered; plain text unless a type is said. */
export type HttpAnswer = { readonly status: number; readonly type?: string; readonly body: string };

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** How long a request may take to come; a slow one holds one of few connections. */
const REQUEST_MS_MAX = 10_000;

/** The HTTP port: /metrics, /healthz, /readyz, /alerts and /v1/labels, for hosts of this machine. */
export class HttpServer {
  readonly #parts: HttpParts;
  readonly #server: Server;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    this.#server = createServer(
      {
        maxHeaderSize: 8 << 10,
        requestTimeout: REQUEST_MS_MAX,
        headersTimeout: REQUEST_MS_MAX,
        connectionsCheckingInterval: 1_000,
      },
      (request, response) => {
        void this.#respond(request, response);
      },
    );
    this.#server.maxConnections = 64;
    // Out of descriptors, or nothing to listen on: without a listener the event would end the process.
    this.#server.on("error", () => undefined);
  }

  /** Listens, and returns the port. Rejects when the address can't be had. */
  listen({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Ends the port and every connection to it. */
  async stop(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #respond(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answer = this.#answer(request).catch((): HttpAnswer => {
      this.#parts.metrics.faults.inc({ where: "http" });
      return { status: 500, body: "the sidecar made a mistake\n" };
    });
    const { status, type = "text/plain; charset=utf-8", body } = await answer;
    // What was not read of the body is not waited for.
    request.resume();
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "x-content-type-options": "nosniff",
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { headers, method, url } = request;
    const path = url?.split("?", 1)[0];
    if (!LOOPBACK_HOST.test(headers.host ?? "")) {
      return { status: 421, body: "this port answers to localhost only\n" };
    }
    if (path === "/v1/labels") {
      return answerLabels(request, this.#parts.labels);
    }
    if (method !== "GET" && method !== "HEAD") {
      return { status: 405, body: "only GET and HEAD\n" };
    }
    switch (path) {
      case "/metrics":
        return this.#metrics();
      case "/healthz":
        return answerOf(this.#parts.isAlive());
      case "/readyz":
        return answerOf(this.#parts.isReady());
      case "/alerts":
        return {
          status: 200,
          type: "application/json",
          body: `${JSON.stringify(this.#parts.alerts())}\n`,
        };
      default:
        return {
          status: 404,
          body: "there are /metrics, /healthz, /readyz, /alerts and /v1/labels\n",
        };
    }
  }

  async #metrics(): Promise<HttpAnswer> {
    const { registry } = this.#parts.metrics;
    return { status: 200, type: registry.contentType, body: await registry.metrics() };
  }
}

function answerOf(isGood: boolean): HttpAnswer {
  return isGood ? { status: 200, body: "ok\n" } : { status: 503, body: "not now\n" };
}
