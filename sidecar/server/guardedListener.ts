import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type Server, type Socket } from "node:net";
import { Duplex } from "node:stream";
import type { Certificates } from "../access/certificates.ts";
import type { Address } from "../address.ts";
import type { Metrics } from "../metrics.ts";
import { FrameWatch, type Violation } from "./frameWatch.ts";
import type { ClientCertificate } from "./gate.ts";
import { TlsAcceptor } from "./tlsAcceptor.ts";

/** What is let through. */
export type GuardLimits = {
  readonly sessionsMax: number;
  readonly streamsPerSessionMax: number;
  readonly messageMs: number;
  readonly messageBytesMax: number;
  readonly handshakesPerSecondMax: number;
};

/** One client's connection. */
export type Connection = {
  /** What the client showed in the handshake; undefined without mutual TLS. */
  readonly certificate: ClientCertificate | undefined;
  /** Ends it at once, with all of its calls. */
  close(reason: CloseReason): void;
};

/** Why the guard ended a connection: what the peer did, too many of them or of their handshakes, or who calls on it may not. */
export type CloseReason =
  | Violation
  | "sessions"
  | "unread"
  | "handshakes"
  | "handshake"
  | "denied"
  | "revoked";

/** What the guard needs of its surroundings. */
export type GuardParts = {
  readonly limits: GuardLimits;
  readonly metrics: Metrics;
  readonly steadyMs: () => number;
  /** Takes a connection that was let in. */
  readonly accept: (connection: Duplex) => void;
  /** With what TLS is spoken; in the clear when it is undefined. */
  readonly certificates?: Certificates | undefined;
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
  /** Every connection, also before its handshake has ended. */
  readonly #sockets = new Set<Socket>();
  readonly #guards = new Set<Guard>();
  readonly #tls: TlsAcceptor | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Told when a connection has gone. */
  #left: (() => void) | undefined;

  constructor(parts: GuardParts) {
    this.#parts = parts;
    this.#server = createServer({ noDelay: true }, (socket) => this.#admit(socket));
    const { certificates, limits, metrics } = parts;
    this.#tls =
      certificates &&
      new TlsAcceptor(certificates, {
        handshakeMs: limits.messageMs,
        handshakesPerSecondMax: limits.handshakesPerSecondMax,
        steadyMs: parts.steadyMs,
        taken: (socket, certificate) => this.#guard(socket, certificate),
        refused: (reason) => metrics.sessionsClosed.inc({ reason }),
      });
    // Out of descriptors, or nothing to listen on: without a listener the event would end the process.
    this.#server.on("error", () => metrics.sessionsClosed.inc({ reason: "accept" }));
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
        if (this.#sockets.size === 0) {
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
    for (const socket of this.#sockets) {
      socket.destroy();
    }
  }

  /** Speaks TLS with these from the next connection on. */
  renew(certificates: Certificates): void {
    this.#tls?.renew(certificates);
  }

  #admit(socket: Socket): void {
    const { limits, metrics } = this.#parts;
    if (this.#sockets.size >= limits.sessionsMax) {
      metrics.sessionsClosed.inc({ reason: "sessions" });
      socket.destroy();
      return;
    }
    this.#sockets.add(socket);
    metrics.sessions.set(this.#sockets.size);
    socket.once("close", () => {
      this.#sockets.delete(socket);
      metrics.sessions.set(this.#sockets.size);
      this.#left?.();
    });
    if (this.#tls === undefined) {
      this.#guard(socket, undefined);
    } else {
      // Until TLS has it, its errors would end the process.
      socket.on("error", () => undefined);
      this.#tls.accept(socket);
    }
  }

  #guard(socket: Socket, certificate: ClientCertificate | undefined): void {
    const { limits, metrics, steadyMs } = this.#parts;
    const frameLimits = { ...limits, messagesMax: limits.streamsPerSessionMax };
    const watch = new FrameWatch(frameLimits, steadyMs());
    const guard = new Guard(socket, { watch, steadyMs, metrics, certificate });
    this.#guards.add(guard);
    socket.once("close", () => this.#guards.delete(guard));
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
  readonly certificate: ClientCertificate | undefined;
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

  get certificate(): ClientCertificate | undefined {
    return this.#parts.certificate;
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
