import { readFileSync } from "node:fs";
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer } from "node:https";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { TestContext } from "node:test";

/** A request that a receiver got whole. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
};

/** What a receiver does with a request; by default it answers 200. */
export type Answering = (response: ServerResponse, received: Received) => void;

/** A server of HTTP that alerts are sent to. */
export type Receiver = {
  readonly url: string;
  readonly received: readonly Received[];
  /** Answers so from now on. */
  answer(answering: Answering): void;
};

/** Answers with more and more until nobody takes it. */
export const answerEndlessly: Answering = (response) => {
  response.writeHead(200);
  pipeline(Readable.from(pieces()), response).catch(() => undefined);
};

function* pieces(): Generator<string> {
  for (;;) {
    yield "x".repeat(16_384);
  }
}

const welcome: Answering = (response) => response.writeHead(200).end("ok");

/** How a receiver is started. */
export type ReceiverOptions = {
  /** How it answers at first. */
  readonly answering?: Answering;
  /** With TLS, when it has a key. */
  readonly tls?: { readonly keyPath: string; readonly certPath: string };
};

/** Starts one on a free port of this machine; it ends with the test. */
export async function startReceiver(
  context: TestContext,
  { answering = welcome, tls }: ReceiverOptions = {},
): Promise<Receiver> {
  const received: Received[] = [];
  let current = answering;
  const listener: RequestListener = (request, response) => {
    void bodyOf(request).then((body) => {
      const { headers, method = "", url = "" } = request;
      const one = { method, path: url, headers, body };
      received.push(one);
      current(response, one);
    });
  };
  const server: Server =
    tls === undefined
      ? createServer(listener)
      : createTlsServer(
          { key: readFileSync(tls.keyPath), cert: readFileSync(tls.certPath) },
          listener,
        );
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  return {
    url: `${tls === undefined ? "http" : "https"}://127.0.0.1:${port}`,
    received,
    answer: (next) => {
      current = next;
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = "";
  for await (const chunk of request.setEncoding("utf8")) {
    body += chunk;
  }
  return body;
}
