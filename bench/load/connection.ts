import { connect, type Socket } from "node:net";
import { createResponseReader } from "./response.ts";

/** One keep-alive connection with at most one request under way. */
export type Connection = {
  /** Sends a request, all its bytes. Only after the answer to the one before. */
  send(request: Buffer): void;
  close(): void;
};

/** What a connection's owner is told. */
export type ConnectionEvents = {
  /** The answer's last byte is in. */
  onAnswer(connection: Connection, status: number): void;
  /** The connection broke, or an answer could not be read. Never after `close`. */
  onBroken(error: Error): void;
};

/** Opens `count` connections to a port of this machine. Rejects when one can't be made. */
export async function openConnections(
  port: number,
  count: number,
  events: ConnectionEvents,
): Promise<Connection[]> {
  return await Promise.all(Array.from({ length: count }, () => openConnection(port, events)));
}

async function openConnection(port: number, events: ConnectionEvents): Promise<Connection> {
  const socket = await connected(port);
  const connection: Connection = {
    send: (request) => {
      socket.write(request);
    },
    close: () => {
      socket.removeAllListeners();
      socket.destroy();
    },
  };
  const read = createResponseReader((status) => events.onAnswer(connection, status));
  socket.on("data", (chunk) => {
    try {
      read(chunk);
    } catch (error) {
      events.onBroken(error instanceof Error ? error : new Error(String(error)));
    }
  });
  socket.on("error", (error) => events.onBroken(error));
  socket.on("close", () => events.onBroken(new Error(`Envoy closed a connection to port ${port}`)));
  return connection;
}

async function connected(port: number): Promise<Socket> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}
