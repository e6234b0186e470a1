import type { X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createServer, type SecureContextOptions, type Server, type TLSSocket } from "node:tls";
import type { Certificates } from "../access/certificates.ts";
import type { ClientCertificate } from "./gate.ts";

/** What bounds the handshakes, and who is told what became of them. */
export type TlsParts = {
  readonly handshakeMs: number;
  readonly handshakesPerSecondMax: number;
  readonly steadyMs: () => number;
  readonly taken: (socket: Socket, certificate: ClientCertificate | undefined) => void;
  readonly refused: (reason: "handshake" | "handshakes") => void;
};

const SECOND_MS = 1_000;

/** Speaks TLS on connections that somebody else took; with an authority for clients, only with those that show a certificate of it. */
export class TlsAcceptor {
  readonly #server: Server;
  readonly #parts: TlsParts;
  #second = { sinceMs: Number.NEGATIVE_INFINITY, handshakes: 0 };

  constructor(certificates: Certificates, parts: TlsParts) {
    const isMutual = certificates.ca !== undefined;
    this.#parts = parts;
    this.#server = createServer({
      ...contextOf(certificates),
      requestCert: isMutual,
      rejectUnauthorized: isMutual,
      ALPNProtocols: ["h2"],
      handshakeTimeout: parts.handshakeMs,
    });
    this.#server.on("tlsClientError", (_error, socket) => {
      // After its timeout Node leaves the connection open.
      socket.destroy();
      parts.refused("handshake");
    });
    this.#server.on("secureConnection", (socket) => {
      socket.disableRenegotiation();
      parts.taken(socket, shownBy(socket));
    });
  }

  /** Shakes hands, within the bounds; else the connection is closed. */
  accept(socket: Socket): void {
    const { handshakesPerSecondMax, refused, steadyMs } = this.#parts;
    if (steadyMs() - this.#second.sinceMs >= SECOND_MS) {
      this.#second = { sinceMs: steadyMs(), handshakes: 0 };
    }
    this.#second.handshakes += 1;
    if (this.#second.handshakes > handshakesPerSecondMax) {
      refused("handshakes");
      socket.destroy();
      return;
    }
    this.#server.emit("connection", socket);
  }

  /** Uses these from the next handshake on. */
  renew(certificates: Certificates): void {
    this.#server.setSecureContext(contextOf(certificates));
  }
}

/** How TLS is spoken on both ports. */
export function contextOf({ cert, key, ca }: Certificates): SecureContextOptions {
  return { cert, key, minVersion: "TLSv1.2", ...(ca === undefined ? {} : { ca }) };
}

function shownBy(socket: TLSSocket): ClientCertificate | undefined {
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return (
    certificate && {
      identities: identitiesOf(certificate),
      untilMs: Date.parse(certificate.validTo),
    }
  );
}

/** The names of the owner that a certificate states. One that Node writes in quotes, as it holds what could be taken for the end of it, is none. */
function identitiesOf({ subject, subjectAltName }: X509Certificate): readonly string[] {
  const alternative = (subjectAltName ?? "")
    .split(", ")
    .filter((name) => /^(?:URI|DNS):[^"]+$/.test(name));
  const common = subject.split("\n").filter((line) => line.startsWith("CN="));
  return [
    ...alternative,
    ...(common.length === 1 ? common : []).map((line) => `CN:${line.slice(3)}`),
  ];
}
