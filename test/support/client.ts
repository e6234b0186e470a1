import { Agent, request as httpRequest, type IncomingHttpHeaders } from "node:http";
import type { TestContext } from "node:test";

/** The one path that tests' rollouts shadow. */
export const INFER_PATH = "/v2/models/risk/infer";

/** A user's request; what is left out is a POST of a small JSON body to `INFER_PATH`. */
export type Sent = {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | string[]>>;
  /** Sent with its length. */
  readonly body?: string | Buffer;
  /** Sent instead of `body`, in chunks and without a length. */
  readonly chunks?: readonly (string | Buffer)[];
  /** Sent after the chunks. */
  readonly trailers?: Readonly<Record<string, string>>;
};

/** What the user got. */
export type Got = {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly trailers: Readonly<Record<string, string | undefined>>;
};

/** Users of one Envoy, over a few connections that stay open. */
export type Client = {
  /** Rejects when the connection breaks before the whole answer came, or the signal is given. */
  readonly send: (sent?: Sent, signal?: AbortSignal) => Promise<Got>;
  /** Sends all of them, some at a time; the answers are in the order of the requests. */
  readonly sendAll: (sent: readonly Sent[]) => Promise<readonly Got[]>;
};

const CONNECTIONS_MAX = 8;
const SILENCE_MS_MAX = 45_000;
const JSON_BODY = '{"id":"1","inputs":[]}';

/** Users whose connections end with the test. */
export function clientOf(context: TestContext, port: number): Client {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS_MAX });
  context.after(() => agent.destroy());
  const send = (sent: Sent = {}, signal?: AbortSignal): Promise<Got> =>
    exchange({ agent, port, sent, ...(signal === undefined ? {} : { signal }) });
  return {
    send,
    sendAll: async (all) => {
      const got: Got[] = [];
      const rest = all.entries();
      const sender = async (): Promise<void> => {
        for (const [index, sent] of rest) {
          got[index] = await send(sent);
        }
      };
      await Promise.all(Array.from({ length: CONNECTIONS_MAX }, sender));
      return got;
    },
  };
}

type Exchange = {
  readonly agent: Agent;
  readonly port: number;
  readonly sent: Sent;
  readonly signal?: AbortSignal;
};

function exchange({ sent, ...to }: Exchange): Promise<Got> {
  const { method = "POST", path = INFER_PATH, body = JSON_BODY, chunks, trailers } = sent;
  const length = chunks === undefined ? { "content-length": Buffer.byteLength(body) } : {};
  const headers = { "content-type": "application/json", ...length, ...sent.headers };
  return new Promise((resolve, reject) => {
    const request = httpRequest({ ...to, host: "127.0.0.1", method, path, headers });
    request.once("error", reject);
    request.setTimeout(SILENCE_MS_MAX, () => request.destroy(new Error("no answer came")));
    request.once("response", (response) => {
      const parts: Buffer[] = [];
      response.on("data", (part: Buffer) => parts.push(part));
      response.once("error", reject);
      response.once("end", () => {
        const { statusCode: status = 0, headers: got, trailers: after } = response;
        resolve({ status, headers: got, body: Buffer.concat(parts).toString(), trailers: after });
      });
    });
    for (const part of chunks ?? [body]) {
      request.write(part);
    }
    request.addTrailers({ ...trailers });
    request.end();
  });
}
