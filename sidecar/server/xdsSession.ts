import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type {
  DiscoveryConnection,
  DiscoveryHub,
  DiscoveryStream,
  ResourceKind,
  ResourceRef,
} from "../ports/discovery.ts";
import type { Log } from "../ports.ts";
import type { Connection } from "./guardedListener.ts";
import { Outbox } from "./outbox.ts";
import { printable } from "./printable.ts";
import { CallError, statusOf } from "./status.ts";
import type { Ask, Interest, Reply } from "./xdsCodec.ts";
import { Topic, type XdsProtocol } from "./xdsTopic.ts";

/** A stream of one Envoy: what it says, undefined when that was garbage, and what it is sent. */
export type XdsStream = ServerDuplexStream<Ask | undefined, Reply>;

/** What a session needs of its surroundings. */
export type XdsSessionParts = {
  readonly hub: DiscoveryHub;
  readonly limits: Limits;
  readonly log: Log;
  readonly metrics: Metrics;
};

/** Why an Envoy's stream ended. */
export type XdsEndReason = "gone" | "silent" | "garbage" | "too-many-names" | "unread" | "stopping";

/** Longest name of a resource. */
const NAME_LENGTH_MAX = 256;

/** One stream of one Envoy that discovers resources. */
export class XdsSession implements DiscoveryStream {
  readonly #stream: XdsStream;
  readonly #parts: XdsSessionParts;
  readonly #connection: Connection | undefined;
  readonly #protocol: XdsProtocol;
  readonly #ended: (session: XdsSession) => void;
  readonly #topics = new Map<ResourceKind, Topic>();
  readonly #outbox: Outbox<Reply>;
  readonly #silence: NodeJS.Timeout;
  /** Types that are not served and were told of. */
  #foreign = 0;
  #node = "";
  #hub: DiscoveryConnection | undefined;
  #isEnded = false;

  constructor(
    stream: XdsStream,
    parts: XdsSessionParts & {
      readonly protocol: XdsProtocol;
      readonly connection: Connection | undefined;
      readonly ended: (session: XdsSession) => void;
    },
  ) {
    const { limits } = parts;
    this.#stream = stream;
    this.#parts = parts;
    this.#protocol = parts.protocol;
    this.#connection = parts.connection;
    this.#ended = parts.ended;
    const unread = () => this.end("unread");
    this.#outbox = new Outbox<Reply>(stream, { unreadMs: limits.unreadMs, unread });
    this.#silence = setTimeout(() => this.end("silent"), limits.messageMs);
    stream.on("data", (ask: Ask | undefined) => this.#take(ask));
    stream.on("end", () => this.end("gone"));
    stream.on("cancelled", () => this.end("gone"));
    stream.on("error", () => this.end("gone"));
  }

  get envoy(): string {
    return printable(this.#node) || "without a node id";
  }

  changed({ kind, name }: ResourceRef): void {
    this.#topics.get(kind)?.changed(name);
  }

  /** Ends the stream: with OK when the Envoy is gone or the sidecar stops, else with an error that says why. */
  end(reason: XdsEndReason): void {
    if (this.#isEnded) {
      return;
    }
    this.#isEnded = true;
    clearTimeout(this.#silence);
    this.#outbox.close();
    this.#hub?.close();
    this.#parts.metrics.envoyStreamsClosed.inc({ reason });
    this.#ended(this);
    if (reason === "gone" || reason === "stopping") {
      this.#stream.end();
      return;
    }
    this.#parts.log.warn({ reason, envoy: this.envoy }, "Envoy's stream closed");
    this.#stream.emit("error", statusOf(new CallError("invalid", REASONS[reason])));
    if (reason === "unread") {
      this.#connection?.close("unread");
    }
  }

  #take(ask: Ask | undefined): void {
    if (this.#isEnded) {
      return;
    }
    clearTimeout(this.#silence);
    if (ask === undefined) {
      this.end("garbage");
      return;
    }
    this.#node ||= ask.node;
    if (ask.kind === undefined) {
      this.#tellForeign(ask.typeUrl);
      return;
    }
    const topic = this.#topicOf(ask.kind);
    if (this.#isTooMuch(ask.interest, topic.size)) {
      this.end("too-many-names");
    } else {
      topic.take(ask);
    }
  }

  #isTooMuch(interest: Interest, present: number): boolean {
    const { resourcesPerEnvoyMax } = this.#parts.limits;
    const names = interest.kind === "whole" ? interest.names : interest.added;
    const before = interest.kind === "whole" ? 0 : present;
    return (
      before + names.length > resourcesPerEnvoyMax ||
      names.some((name) => name.length > NAME_LENGTH_MAX)
    );
  }

  #topicOf(kind: ResourceKind): Topic {
    const found = this.#topics.get(kind);
    if (found !== undefined) {
      return found;
    }
    this.#hub ??= this.#parts.hub.connect(this);
    const { metrics } = this.#parts;
    const topic = new Topic({
      kind,
      protocol: this.#protocol,
      connection: this.#hub,
      send: (reply) => {
        metrics.envoyResponses.inc({ kind, outcome: "sent" });
        this.#outbox.put(kind, reply);
      },
      answered: (names, why) => this.#tellAnswer(kind, names, why),
    });
    this.#topics.set(kind, topic);
    return topic;
  }

  #tellAnswer(kind: ResourceKind, names: readonly string[], why: string | undefined): void {
    const { log, metrics } = this.#parts;
    metrics.envoyResponses.inc({ kind, outcome: why === undefined ? "accepted" : "refused" });
    if (why !== undefined) {
      const fields = { envoy: this.envoy, kind, names, why };
      log.warn(fields, "Envoy refused what it was sent");
    }
  }

  /** It gets no answer, as no other server would know one: said once for a stream. */
  #tellForeign(typeUrl: string): void {
    this.#foreign += 1;
    if (this.#foreign === 1) {
      const fields = { envoy: this.envoy, type: printable(typeUrl) };
      this.#parts.log.warn(fields, "Envoy asks for what is not served here");
    }
  }
}

const REASONS: Readonly<Record<Exclude<XdsEndReason, "gone" | "stopping">, string>> = {
  silent: "no request came in time",
  garbage: "a message could not be read",
  "too-many-names": "too many resources, or a name that is too long",
  unread: "what was sent is not being read",
};
