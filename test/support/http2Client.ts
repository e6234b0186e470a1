import { connect, constants } from "node:http2";
import { INFER_PATH } from "./client.ts";

const SILENCE_MS_MAX = 45_000;

/** A request over HTTP/2 without TLS. */
export type Http2Sent = {
  readonly headers?: Readonly<Record<string, string>>;
  readonly chunks: readonly (string | Buffer)[];
  readonly trailers?: Readonly<Record<string, string>>;
};

/** Its answer. */
export type Http2Got = { readonly status: number; readonly body: string };

/** Sends all the requests at once over one HTTP/2 connection; the answers are in their order. */
export async function sendHttp2(port: number, all: readonly Http2Sent[]): Promise<Http2Got[]> {
  const session = connect(`http://127.0.0.1:${port}`);
  const broken = new Promise<never>((_, reject) => {
    session.once("error", reject);
    session.setTimeout(SILENCE_MS_MAX, () => reject(new Error("no answer came")));
  });
  try {
    return await Promise.race([broken, Promise.all(all.map((sent) => exchange(session, sent)))]);
  } finally {
    session.destroy();
  }
}

function exchange(session: ReturnType<typeof connect>, sent: Http2Sent): Promise<Http2Got> {
  const stream = session.request(
    {
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: INFER_PATH,
      "content-type": "application/json",
      ...sent.headers,
    },
    { endStream: false, waitForTrailers: sent.trailers !== undefined },
  );
  return new Promise((resolve, reject) => {
    let status = 0;
    const parts: Buffer[] = [];
    stream.once("response", (headers) => {
      status = Number(headers[constants.HTTP2_HEADER_STATUS]);
    });
    stream.once("wantTrailers", () => stream.sendTrailers({ ...sent.trailers }));
    stream.on("data", (part: Buffer) => parts.push(part));
    stream.once("error", reject);
    stream.once("end", () => resolve({ status, body: Buffer.concat(parts).toString() }));
    for (const chunk of sent.chunks) {
      stream.write(chunk);
    }
    stream.end();
  });
}
