import { connect, type Socket } from "node:net";
import type { TestContext } from "node:test";
import { until } from "./until.ts";

/** Types and flags of HTTP/2 frames (RFC 9113). */
export const TYPE = {
  data: 0,
  headers: 1,
  priority: 2,
  resetStream: 3,
  settings: 4,
  ping: 6,
  goAway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;
export const END_HEADERS = 0x4;

/** One HTTP/2 frame. */
export function frame(
  type: number,
  options: { readonly flags?: number; readonly stream?: number; readonly payload?: Buffer } = {},
): Buffer {
  const { flags = 0, stream = 0, payload = Buffer.alloc(0) } = options;
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** The headers of a gRPC call, as one HEADERS frame of literals. */
export function callHeaders(stream: number, path: string): Buffer {
  const fields = {
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "x",
    te: "trailers",
    "content-type": "application/grpc",
  };
  const payload = Buffer.concat(
    Object.entries(fields).flatMap(([name, value]) => [
      Buffer.of(0),
      literal(name),
      literal(value),
    ]),
  );
  return frame(TYPE.headers, { flags: END_HEADERS, stream, payload });
}

/** A gRPC message as it is on the wire. */
export function message(body: Buffer, isCompressed = false): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt8(Number(isCompressed), 0);
  prefix.writeUInt32BE(body.length, 1);
  return Buffer.concat([prefix, body]);
}

/** A connection without any manners, after the preface and its settings. */
export class RawConnection {
  readonly socket: Socket;
  /** Types of the frames that came. */
  readonly frames: number[] = [];
  isClosed = false;
  #rest = Buffer.alloc(0);

  constructor(context: TestContext, address: string, options: { readonly settings?: Buffer } = {}) {
    const [host = "", port = ""] = address.split(":");
    this.socket = connect(Number(port), host);
    this.socket.on("error", () => undefined);
    this.socket.on("close", () => {
      this.isClosed = true;
    });
    this.socket.on("data", (chunk) => this.#read(chunk));
    context.after(() => this.socket.destroy());
    const payload = options.settings ?? Buffer.alloc(0);
    this.send(Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"));
    this.send(frame(TYPE.settings, { payload }));
  }

  send(bytes: Buffer): void {
    if (!this.socket.destroyed) {
      this.socket.write(bytes);
    }
  }

  /** Waits until the sidecar has closed it. */
  async closed(what: string): Promise<void> {
    await until(() => this.isClosed, { deadlineMs: 15_000, what: `closed: ${what}` });
  }

  #read(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9 && this.#rest.length >= 9 + this.#rest.readUIntBE(0, 3)) {
      this.frames.push(this.#rest.readUInt8(3));
      this.#rest = this.#rest.subarray(9 + this.#rest.readUIntBE(0, 3));
    }
  }
}

function literal(text: string): Buffer {
  return Buffer.concat([Buffer.of(text.length), Buffer.from(text)]);
}
