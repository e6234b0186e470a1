import { connect, type Socket } from "node:net";

const SILENCE_MS_MAX = 45_000;

/**
 * Writes bytes as they are to a connection of its own, and returns all that comes back until the other side closes it: ask for that by `connection: close`.
 */
export function sendRaw(port: number, bytes: Buffer | string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    const parts: Buffer[] = [];
    socket.on("data", (part: Buffer) => parts.push(part));
    socket.once("error", reject);
    socket.setTimeout(SILENCE_MS_MAX, () => socket.destroy(new Error("no answer came")));
    socket.once("close", () => resolve(Buffer.concat(parts).toString("latin1")));
    socket.write(bytes);
  });
}

/** A connection that is open, for what a well-behaved client never does. */
export function openRaw(port: number, bytes: Buffer | string): Socket {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.write(bytes);
  return socket;
}

/** The text of a POST of a JSON body; its headers are in Latin-1, as they go over the wire. */
export function rawPost(path: string, headerLines: readonly string[], body = "{}"): Buffer {
  const head = [
    `POST ${path} HTTP/1.1`,
    "host: understudy.test",
    "content-type: application/json",
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
    ...headerLines,
  ];
  return Buffer.from(`${head.join("\r\n")}\r\n\r\n${body}`, "latin1");
}
