import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Certificates } from "../access/certificates.ts";
import type { Address } from "../address.ts";
import type { Metrics } from "../metrics.ts";
import type { Gate } from "./gate.ts";
import { answerLabels, problem } from "./httpLabels.ts";
import type { LabelHandler } from "./labels.ts";
import { CallError } from "./status.ts";
import { contextOf } from "./tlsAcceptor.ts";

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
  /** Who is let in; everybody of this machine when it is undefined. */
  readonly gate?: Gate | undefined;
  /** With what TLS is spoken; in the clear when it is undefined. */
  readonly certificates?: Certificates | undefined;
};

/** What is answered; plain text unless a type is said. */
export type HttpAnswer = {
  readonly status: number;
  readonly type?: string;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
};

const LOOPBACK_HOST = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/;

/** How long a request may take to come; a slow one holds one of few connections. */
const REQUEST_MS_MAX = 10_000;

/** How a request may come. */
const OPTIONS = {
  maxHeaderSize: 8 << 10,
  requestTimeout: REQUEST_MS_MAX,
  headersTimeout: REQUEST_MS_MAX,
  connectionsCheckingInterval: 1_000,
};

/** The HTTP port: /metrics, /healthz, /readyz, /alerts and /v1/labels, for hosts of this machine, or for whom the gate lets in. */
export class HttpServer {
  readonly #parts: HttpParts;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    const { certificates } = parts;
    // Clients of this port show tokens, not certificates.
    this.#tls =
      certificates &&
      createTlsServer({
        ...OPTIONS,
        ...contextOf({ ...certificates, ca: undefined }),
        handshakeTimeout: REQUEST_MS_MAX,
      });
    this.#server = this.#tls ?? createServer(OPTIONS);
    this.#server.on("request", (request: IncomingMessage, response: ServerResponse) => {
      void this.#respond(request, response);
    });
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

  /** Speaks TLS with these from the next connection on. */
  renew(certificates: Certificates): void {
    this.#tls?.setSecureContext(contextOf({ ...certificates, ca: undefined }));
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
    const { status, type = "text/plain; charset=utf-8", body, headers } = await answer;
    // What was not read of the body is not waited for.
    request.resume();
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "x-content-type-options": "nosniff",
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  async #answer(request: IncomingMessage): Promise<HttpAnswer> {
    const { headers, method, url } = request;
    const path = url?.split("?", 1)[0];
    // A page in a browser can't send a token that it does not have; without tokens, only its host tells it from a caller of this machine.
    if (this.#parts.gate === undefined && !LOOPBACK_HOST.test(headers.host ?? "")) {
      return { status: 421, body: "this port answers to localhost only\n" };
    }
    const denied = this.#denied(path, headers.authorization);
    if (denied !== undefined) {
      return denied;
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

  /** Why the caller is not let in; undefined when it is. Each refusal costs its caller the connection. */
  #denied(path: string | undefined, authorization: string | undefined): HttpAnswer | undefined {
    const { gate } = this.#parts;
    if (gate === undefined || path === undefined) {
      return undefined;
    }
    try {
      gate.admit(path, { authorization, certificate: undefined });
      return undefined;
    } catch (error) {
      if (!(error instanceof CallError)) {
        throw error;
      }
      const close = { connection: "close" };
      return error.code === "unauthenticated"
        ? { ...problem(401, error.message), headers: { ...close, "www-authenticate": "Bearer" } }
        : { ...problem(403, error.message), headers: close };
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
