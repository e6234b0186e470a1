import type { handleBidiStreamingCall } from "@grpc/grpc-js";
import { callerOf } from "./authentication.ts";
import { FilterSession, type SessionParts } from "./filterSession.ts";
import { currentConnection } from "./guardedListener.ts";
import type { FilterMessage, SidecarMessage } from "./observeCodec.ts";
import { Sources } from "./sources.ts";
import { CallError, statusOf } from "./status.ts";

/** Filters whose last batch is remembered, connected or not. */
const SOURCES_MAX = 4_096;

/** Serves understudy.v1.ObserveService: one session for each stream, bounded. */
export class ObserveHandler {
  readonly #parts: SessionParts;
  readonly #sessions = new Set<FilterSession>();
  readonly #bySource = new Map<string, FilterSession>();

  constructor(parts: Omit<SessionParts, "sources">) {
    this.#parts = { ...parts, sources: new Sources(SOURCES_MAX) };
  }

  readonly Observe: handleBidiStreamingCall<FilterMessage, SidecarMessage> = (stream) => {
    const { limits, metrics } = this.#parts;
    if (this.#sessions.size >= limits.filterStreamsMax) {
      metrics.streamsClosed.inc({ reason: "too-many" });
      const text = `there are ${limits.filterStreamsMax} streams of filters already`;
      stream.emit("error", statusOf(new CallError("too-many", text)));
      return;
    }
    const session = new FilterSession(stream, {
      ...this.#parts,
      connection: currentConnection(),
      caller: callerOf(stream),
      greeting: (greeted, source) => this.#replace(greeted, source),
      ended: (ended) => this.#forget(ended),
    });
    this.#sessions.add(session);
    metrics.streams.set(this.#sessions.size);
  };

  /** Ends every stream, so that filters look for another sidecar. */
  stop(): void {
    for (const session of this.#sessions) {
      session.end("stopping");
    }
  }

  /** Streams of one source follow each other: the newest is the one that is meant. */
  #replace(session: FilterSession, source: string): void {
    const before = this.#bySource.get(source);
    this.#bySource.set(source, session);
    before?.end("replaced");
  }

  #forget(session: FilterSession): void {
    this.#sessions.delete(session);
    this.#parts.metrics.streams.set(this.#sessions.size);
    for (const [source, each] of this.#bySource) {
      if (each === session) {
        this.#bySource.delete(source);
      }
    }
  }
}
