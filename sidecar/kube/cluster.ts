import type { IncomingMessage, RequestOptions } from "node:http";
import { request as plainRequest } from "node:http";
import { request as tlsRequest } from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { z } from "zod";
import { codeOf, KubeError } from "./error.ts";

/** A request to the API server. */
export type KubeCall = {
  readonly method: "GET" | "PATCH" | "POST" | "PUT" | "DELETE";
  /** Begins with `/api`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly type: string; readonly value: unknown };
};

/** An API server, as who the sidecar is there. Every method rejects only with KubeError. */
export interface Cluster {
  /** Where objects are that are named without a namespace. */
  readonly namespace: string;
  /** The answer, parsed. */
  send(call: KubeCall, signal: AbortSignal): Promise<unknown>;
  /** Resolves when the server begins to answer, to each line of the answer, parsed, until the server ends it. */
  lines(call: KubeCall, signal: AbortSignal): Promise<AsyncGenerator<unknown, void>>;
}

/** Longest answer, and longest line of a watch. */
export const ANSWER_BYTES_MAX = 16_777_216;
const MESSAGE_LENGTH_MAX = 300;
const RETRY_AFTER_MS_MAX = 60_000;

/**
 * The cluster of a kubeconfig's current context; `cluster` stands for the one that the process runs in. Rejects with KubeError `unreachable` when there is
 * none. Certificates and tokens are read again when they are renewed, and plugins run, as the kubeconfig has them.
 */
export async function openCluster(source: string): Promise<Cluster> {
  // Loaded when it is needed: it takes a second and 88 MB.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  try {
    if (source === "cluster") {
      config.loadFromCluster();
    } else {
      config.loadFromFile(source);
    }
  } catch (error) {
    throw new KubeError("unreachable", `${source}: ${String(error)}`, { cause: error });
  }
  const { server = "" } = config.getCurrentCluster() ?? {};
  // What the library makes of an environment that names no API server.
  if (!URL.canParse(server) || new URL(server).hostname === "undefined") {
    const why = source === "cluster" ? "this is not a pod" : "its current context has no cluster";
    throw new KubeError("unreachable", `${source}: ${why}`);
  }
  return new ConfiguredCluster(config);
}

class ConfiguredCluster implements Cluster {
  readonly #config: KubeConfig;

  constructor(config: KubeConfig) {
    this.#config = config;
  }

  get namespace(): string {
    return this.#config.getContextObject(this.#config.getCurrentContext())?.namespace ?? "default";
  }

  async send(call: KubeCall, signal: AbortSignal): Promise<unknown> {
    const response = await this.#respond(call, signal);
    return parsed(await textOf(response));
  }

  async lines(call: KubeCall, signal: AbortSignal): Promise<AsyncGenerator<unknown, void>> {
    return linesOf(await this.#respond(call, signal));
  }

  async #respond(call: KubeCall, signal: AbortSignal): Promise<IncomingMessage> {
    const { server = "" } = this.#config.getCurrentCluster() ?? {};
    const url = new URL(call.path, `${server.replace(/\/$/, "")}/`);
    url.search = new URLSearchParams(call.query).toString();
    const options: RequestOptions = { method: call.method, signal, headers: headersOf(call) };
    try {
      await this.#config.applyToHTTPSOptions(options);
      const response = await answer(url, options, call.body?.value);
      const status = response.statusCode ?? 0;
      if (status >= 200 && status < 300) {
        return response;
      }
      throw refusalOf(call, response, await textOf(response));
    } catch (error) {
      throw failure(error);
    }
  }
}

function headersOf({ body }: KubeCall): Record<string, string> {
  const common = { accept: "application/json", "user-agent": "understudy" };
  return body === undefined ? common : { ...common, "content-type": body.type };
}

function answer(url: URL, options: RequestOptions, body: unknown): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const make = url.protocol === "https:" ? tlsRequest : plainRequest;
    const sent = make(url, options, resolve);
    sent.once("error", reject);
    sent.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

async function* linesOf(response: IncomingMessage): AsyncGenerator<unknown, void> {
  let rest = "";
  try {
    response.setEncoding("utf8");
    for await (const chunk of response) {
      const pieces = `${rest}${chunk}`.split("\n");
      rest = pieces.pop() ?? "";
      if (rest.length > ANSWER_BYTES_MAX) {
        throw new KubeError("unreachable", `a line of more than ${ANSWER_BYTES_MAX} bytes`);
      }
      for (const line of pieces.filter((piece) => piece !== "")) {
        yield parsed(line);
      }
    }
  } catch (error) {
    throw failure(error);
  } finally {
    response.destroy();
  }
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response) {
      bytes += chunk.length;
      if (bytes > ANSWER_BYTES_MAX) {
        throw new KubeError("unreachable", `an answer of more than ${ANSWER_BYTES_MAX} bytes`);
      }
      chunks.push(chunk);
    }
  } catch (error) {
    throw failure(error);
  }
  return Buffer.concat(chunks).toString("utf8");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new KubeError("unreachable", "an answer that is not JSON", { cause: error });
  }
}

const statusObject = z.looseObject({ message: z.string() });

/** What a Status object of the server says, or the beginning of any other answer. */
function refusalOf(call: KubeCall, response: IncomingMessage, text: string): KubeError {
  const status = response.statusCode ?? 0;
  const said = statusObject.safeParse(jsonOr(text)).data?.message ?? text.trim();
  const seconds = Number(response.headers["retry-after"]);
  const retryAfterMs =
    Number.isFinite(seconds) && seconds > 0
      ? Math.min(seconds * 1_000, RETRY_AFTER_MS_MAX)
      : undefined;
  const message = `${call.method} ${call.path}: ${status}: ${said.slice(0, MESSAGE_LENGTH_MAX)}`;
  return new KubeError(codeOf(status), message, { retryAfterMs });
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(error: unknown): KubeError {
  if (error instanceof KubeError) {
    return error;
  }
  const why = error instanceof Error ? error.message || error.name : String(error);
  return new KubeError("unreachable", `the API server can't be asked: ${why}`, { cause: error });
}
