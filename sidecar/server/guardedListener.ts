import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Address } from "../address.ts";
import type { Metrics } from "../metrics.ts";
import { FrameWatch, type Violation } from "./frameWatch.ts";

/** What is let through. */
export type GuardLimits = {
  readonly sessionsMax: number;
  readonly streamsPerSessionMax: number;
  readonly messageMs: number;
  readonly messageBytesMax: number;
};

/** One client's connection. */
export type Connection = {
  /** Ends it at once, with all of its calls. */
  close(reason: CloseReason): void;
};

/** Why the guard ended a connection: what the peer did, too many of them, or it left unread what was sent. */
export type CloseReason = Violation | "sessions" | "unread";

/** What the guard needs of its surroundings. */
export type GuardParts = {
  readonly limits: GuardLimits;
  readonly metrics: Metrics;
  readonly steadyMs: () => number;
  /** Takes a connection that was let in. */
  readonly accept: (connection: Duplex) => void;
};

const CHECK_MS = 1_000;

const current = new AsyncLocalStorage<Connection>();

/** The connection of the call being handled; undefined outside of a call. */
export function currentConnection(): Connection | undefined {
  return current.getStore();
}

/**
 * Listens in place of grpc-js and hands its connections on, watching what comes in: a peer that would make the server hold far
 * more than it sent is cut off, and so is every one over the bound.
 */
export class GuardedListener {
  readonly #parts: GuardParts;
  readonly #server: Server;
  readonly #guards = new Set<Guard>();
  #timer: NodeJS.Timeout | undefined;
  /** Told when a connection has gone. */
  #left: (() => void) | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#server = createServer({ noDelay: true }, (socket) => this.#admit(socket));
    // Out of descriptors, or nothing to listen on: without a listener the event would end the process.
    this.#server.on("error", () => parts.metrics.sessionsClosed.inc({ reason: "accept" }));
  }

  /** Listens, and returns the port. Rejects when the address can't be had. */
  listen({ host, port }: Address): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        this.#timer = setInterval(() => this.#check(), CHECK_MS);
        const address = this.#server.address();
        resolve(typeof address === "object" && address !== null ? address.port : port);
      });
    });
  }

  /** Takes no new connections; those open stay. */
  stopListening(): void {
    this.#server.close();
  }

  /** Resolves when no connection is left, and after `maxMs` at the latest. */
  drained(maxMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, maxMs);
      this.#left = () => {
        if (this.#guards.size === 0) {
          clearTimeout(timer);
          resolve();
        }
      };
      this.#left();
    });
  }

  /** Ends every connection. */
  close(): void {
    clearInterval(this.#timer);
    for (const guard of this.#guards) {
      guard.end();
    }
  }

  #admit(socket: Socket): void {
    const { limits, metrics, steadyMs } = this.#parts;
    if (this.#guards.size >= limits.sessionsMax) {
      metrics.sessionsClosed.inc({ reason: "sessions" });
      socket.destroy();
      return;
    }
    const frameLimits = { ...limits, messagesMax: limits.streamsPerSessionMax };
    const watch = new FrameWatch(frameLimits, steadyMs());
    const guard = new Guard(socket, { watch, steadyMs, metrics });
    this.#guards.add(guard);
    metrics.sessions.set(this.#guards.size);
    socket.once("close", () => {
      this.#guards.delete(guard);
      metrics.sessions.set(this.#guards.size);
      this.#left?.();
    });
    current.run(guard, () => this.#parts.accept(guard.inner));
  }

  #check(): void {
    for (const guard of this.#guards) {
      guard.check();
    }
  }
}

type InnerParts = {
  readonly watch: FrameWatch;
  readonly steadyMs: () => number;
  readonly metrics: Metrics;
};

/** Stands between a socket and the server, and passes on both ways what it sees. */
class Guard implements Connection {
  readonly inner: Duplex;
  readonly #socket: Socket;
  readonly #parts: InnerParts;

  constructor(socket: Socket, parts: InnerParts) {
    this.#socket = socket;
    this.#parts = parts;
    this.inner = new Duplex({
      read: () => {
        socket.resume();
      },
      write: (chunk: Buffer, _encoding, done) => {
        socket.write(chunk, done);
      },
      final: (done) => {
        socket.end(done);
      },
      destroy: (error, done) => {
        socket.destroy();
        done(error);
      },
    });
    socket.on("data", (chunk) => this.#received(chunk));
    socket.on("end", () => this.inner.push(null));
    socket.on("error", () => this.inner.destroy());
    socket.on("close", () => this.inner.destroy());
  }

  close(reason: CloseReason): void {
    if (!this.#socket.destroyed) {
      this.#parts.metrics.sessionsClosed.inc({ reason });
      this.end();
    }
  }

  end(): void {
    this.inner.destroy();
    this.#socket.destroy();
  }

  check(): void {
    const violation = this.#parts.watch.check(this.#parts.steadyMs());
    if (violation !== undefined) {
      this.close(violation);
    }
  }

  #received(chunk: Buffer): void {
    const { metrics, steadyMs, watch } = this.#parts;
    const violation = watch.push(chunk, steadyMs());
    metrics.messagesTooLarge.inc(watch.takeOversized());
    if (violation !== undefined) {
      this.close(violation);
    } else if (!this.inner.push(chunk)) {
      this.#socket.pause();
    }
  }
}
