import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import { currentConnection } from "./guardedListener.ts";
import { CallError, statusOf } from "./status.ts";
import type { Ask, Reply } from "./xdsCodec.ts";
import { XdsSession, type XdsSessionParts, type XdsStream } from "./xdsSession.ts";
import type { XdsProtocol } from "./xdsTopic.ts";

/** Serves Envoy's AggregatedDiscoveryService: one session for each stream, bounded. */
export class XdsHandler {
  readonly #parts: XdsSessionParts;
  readonly #sessions = new Set<XdsSession>();

  constructor(parts: XdsSessionParts) {
    this.#parts = parts;
  }

  readonly StreamAggregatedResources: handleBidiStreamingCall<Ask | undefined, Reply> = (stream) =>
    this.#open(stream, "whole");

  readonly DeltaAggregatedResources: handleBidiStreamingCall<Ask | undefined, Reply> = (stream) =>
    this.#open(stream, "delta");

  /** Ends every stream, so that Envoys look for another sidecar; they go on with what they have. */
  stop(): void {
    for (const session of this.#sessions) {
      session.end("stopping");
    }
  }

  #open(stream: XdsStream, protocol: XdsProtocol): void {
    const { limits, metrics } = this.#parts;
    if (this.#sessions.size >= limits.envoyStreamsMax) {
      metrics.envoyStreamsClosed.inc({ reason: "too-many" });
      const text = `there are ${limits.envoyStreamsMax} streams of Envoys already`;
      stream.emit("error", statusOf(new CallError("too-many", text)));
      return;
    }
    const session = new XdsSession(stream, {
      ...this.#parts,
      protocol,
      connection: currentConnection(),
      ended: (ended) => {
        this.#sessions.delete(ended);
        metrics.envoyStreams.set(this.#sessions.size);
      },
    });
    this.#sessions.add(session);
    metrics.envoyStreams.set(this.#sessions.size);
  }
}
