import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

/** A request as an upstream got it. */
export type Received = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
  readonly trailers: Readonly<Record<string, string | undefined>>;
};

/** What an upstream does with a request. */
export type Answering = (request: Received, response: ServerResponse) => void;

/** A server behind Envoy, told by the test what to answer. */
export type Upstream = {
  readonly port: number;
  /** Every request whose body has ended, in the order of their ends. */
  readonly received: readonly Received[];
  /** Those that are users' own, and those that are copies. */
  readonly users: () => readonly Received[];
  readonly shadows: () => readonly Received[];
  /** Requests that were begun and have no end yet, neither theirs nor their answer's. */
  readonly open: () => number;
  /** Upgraded connections; each echoes what it gets. */
  readonly upgrades: () => number;
  /** What it answers from now on. */
  answer: Answering;
  /** What it answers as soon as a request begins; then nothing is answered when it has ended. */
  answerEarly?: (response: ServerResponse) => void;
};

const HEADER_BYTES_MAX = 1 << 20;
const HEADERS_MAX = 5000;

/** Starts a server that answers as an Open Inference server of this version does; it ends with the test. */
export async function startUpstream(context: TestContext, version: string): Promise<Upstream> {
  const received: Received[] = [];
  let open = 0;
  let upgrades = 0;
  const upstream: Upstream = {
    port: 0,
    received,
    users: () => received.filter((request) => !isShadow(request)),
    shadows: () => received.filter(isShadow),
    open: () => open,
    upgrades: () => upgrades,
    answer: predicting(version, 1),
  };
  const server = createServer({ maxHeaderSize: HEADER_BYTES_MAX }, (request, response) => {
    open += 1;
    response.once("close", () => {
      open -= 1;
    });
    upstream.answerEarly?.(response);
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("error", () => undefined);
    request.once("end", () => {
      const { method = "", url: path = "", headers, rawHeaders, trailers } = request;
      const body = Buffer.concat(chunks);
      const whole = { method, path, headers, rawHeaders, body, trailers };
      received.push(whole);
      if (upstream.answerEarly === undefined) {
        upstream.answer(whole, response);
      }
    });
  });
  server.maxHeadersCount = HEADERS_MAX;
  server.on("upgrade", (request, socket: Socket) => {
    upgrades += 1;
    socket.on("error", () => undefined);
    context.after(() => socket.destroy());
    const upgrade = request.headers.upgrade ?? "";
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nconnection: Upgrade\r\nupgrade: ${upgrade}\r\n\r\n`,
    );
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  context.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return Object.assign(upstream, { port: portOf(server.address()) });
}

/** A port on which nobody listens. */
export async function deadPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const port = portOf(server.address());
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

/** Answers 200 with a prediction in the Open Inference Protocol's form. */
export function predicting(version: string, label: number): Answering {
  const body = JSON.stringify({
    model_name: "risk",
    model_version: version,
    outputs: [{ name: "label", datatype: "INT64", shape: [1], data: [label] }],
  });
  return answering(200, "application/json", body);
}

/** Answers with a status and a body of known length. */
export function answering(status: number, contentType: string, body: string | Buffer): Answering {
  return (_, response) => {
    response.writeHead(status, {
      "content-type": contentType,
      "content-length": Buffer.byteLength(body),
    });
    response.end(body);
  };
}

/** Reads, and says nothing. */
export const silent: Answering = () => undefined;

/** Breaks the connection before an answer. */
export const resetting: Answering = (_, response) => {
  response.socket?.resetAndDestroy();
};

/** Lets requests wait until released, and answers them then. */
export function held(answer: Answering): { readonly answer: Answering; release(): void } {
  const waiting: (() => void)[] = [];
  let isReleased = false;
  return {
    answer: (request, response) => {
      const go = (): void => answer(request, response);
      isReleased ? go() : waiting.push(go);
    },
    release: () => {
      isReleased = true;
      for (const go of waiting.splice(0)) {
        go();
      }
    },
  };
}

function isShadow(request: Received): boolean {
  return request.headers["x-understudy-shadow"] !== undefined;
}

function portOf(address: AddressInfo | string | null): number {
  return typeof address === "object" && address !== null ? address.port : 0;
}
