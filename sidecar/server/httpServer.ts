import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { Certificates } from "../access/certificates.ts";
import type { Address } from "../address.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import { LOCAL_CALLER } from "./authentication.ts";
import type { Gate } from "./gate.ts";
import { type AlertDesk, answerAlerts } from "./httpAlerts.ts";
import { admittedBy, refusalOf } from "./httpEntry.ts";
import { answerLabels } from "./httpLabels.ts";
import { HttpRollouts } from "./httpRollouts.ts";
import { allowOf, operationOf, routeOf } from "./httpRoute.ts";
import { answerWatch } from "./httpWatch.ts";
import type { LabelHandler } from "./labels.ts";
import { problem } from "./problem.ts";
import type { RolloutApi } from "./rolloutApi.ts";
import { contextOf } from "./tlsAcceptor.ts";

/** What the HTTP port tells of. */
export type HttpParts = {
  readonly metrics: Metrics;
  /** Whether the loop turns. */
  readonly isAlive: () => boolean;
  /** Whether the loop turns and the store confirms what it is given. */
  readonly isReady: () => boolean;
  readonly labels: LabelHandler;
  readonly api: RolloutApi;
  readonly limits: Limits;
  readonly alerts: AlertDesk;
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

/** How long a request may take to come; a slow one holds one of few connections. */
const REQUEST_MS_MAX = 10_000;

const OTHER_CONNECTIONS_MAX = 64;
const ROLLOUT_SERVICE = "/understudy.v1.RolloutService/";

/** How a request may come. */
const OPTIONS = {
  maxHeaderSize: 8 << 10,
  requestTimeout: REQUEST_MS_MAX,
  headersTimeout: REQUEST_MS_MAX,
  connectionsCheckingInterval: 1_000,
};

/** The HTTP port: /metrics, /healthz, /readyz, /alerts, /v1/rollouts and /v1/labels, for hosts of this machine, or for whom the gate lets in. */
export class HttpServer {
  readonly #parts: HttpParts;
  readonly #server: Server;
  readonly #tls: TlsServer | undefined;
  readonly #rollouts: HttpRollouts;

  constructor(parts: HttpParts) {
    this.#parts = parts;
    this.#rollouts = new HttpRollouts(parts);
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
    // Watchers hold a connection each, and must leave some to probes.
    this.#server.maxConnections = parts.limits.watchersMax + OTHER_CONNECTIONS_MAX;
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
    const answer = await this.#answer(request, response).catch((): HttpAnswer => {
      this.#parts.metrics.faults.inc({ where: "http" });
      return { status: 500, body: "the sidecar made a mistake\n" };
    });
    // What was not read of the body is not waited for.
    request.resume();
    if (answer === "taken") {
      return;
    }
    const { status, type = "text/plain; charset=utf-8", body, headers } = answer;
    response.writeHead(status, {
      "content-type": type,
      "content-length": Buffer.byteLength(body),
      "x-content-type-options": "nosniff",
      ...headers,
    });
    response.end(request.method === "HEAD" ? undefined : body);
  }

  /** The answer, or `taken` when it is being written as it comes. */
  async #answer(request: IncomingMessage, response: ServerResponse): Promise<HttpAnswer | "taken"> {
    const { gate } = this.#parts;
    const refused = refusalOf(request, { hasTokens: gate !== undefined });
    if (refused !== undefined) {
      return refused;
    }
    const { headers, method = "", url = "" } = request;
    const [path = "", query = ""] = url.split(/\?(.*)/s);
    const route = routeOf(path);
    const operation = route && operationOf(route, method);
    const [any] = Object.values(route?.operations ?? {});
    const asked = any === undefined ? path : ROLLOUT_SERVICE + (operation ?? any);
    const admitted = admittedBy(gate, asked, headers.authorization);
    if (admitted !== undefined && "status" in admitted) {
      return admitted;
    }
    const who = admitted?.caller.name ?? LOCAL_CALLER;
    if (path === "/alerts" || path === "/alerts/retry") {
      return answerAlerts(this.#parts.alerts, { path, method, query, who });
    }
    if (route === undefined) {
      return this.#other(request, path);
    }
    const { name } = route;
    switch (operation) {
      case undefined:
        return { ...problem(405, `only ${allowOf(route)}`), headers: { allow: allowOf(route) } };
      case "Watch":
        return answerWatch({ request, response, query }, { ...this.#parts, name, admitted });
      default:
        return this.#rollouts.answer(request, { operation, name, query, who });
    }
  }

  /** What is no rollout's. */
  async #other(request: IncomingMessage, path: string): Promise<HttpAnswer> {
    if (path === "/v1/labels") {
      return answerLabels(request, this.#parts.labels);
    }
    if (path.startsWith("/v1/")) {
      return problem(404, "there are /v1/rollouts and /v1/labels");
    }
    if (request.method !== "GET" && request.method !== "HEAD") {
      return { status: 405, body: "only GET and HEAD\n", headers: { allow: "GET, HEAD" } };
    }
    switch (path) {
      case "/metrics":
        return this.#metrics();
      case "/healthz":
        return answerOf(this.#parts.isAlive());
      case "/readyz":
        return answerOf(this.#parts.isReady());
      default:
        return {
          status: 404,
          body: "there are /metrics, /healthz, /readyz, /alerts, /v1/rollouts and /v1/labels\n",
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
