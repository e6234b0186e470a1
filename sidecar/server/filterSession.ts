import type { ServerDuplexStream } from "@grpc/grpc-js";
import type { Caller } from "../access/caller.ts";
import type { Target } from "../core/target.ts";
import type { Traffic } from "../core/traffic.ts";
import type { Limits } from "../limits.ts";
import type { Metrics } from "../metrics.ts";
import type { FilterConnection, FilterHub, FilterStream, Intake, Log } from "../ports.ts";
import type { Connection } from "./guardedListener.ts";
import { foreignTo, helloProblem } from "./hello.ts";
import type { FilterBatch, FilterMessage, Hello, InForce, SidecarMessage } from "./observeCodec.ts";
import { Outbox } from "./outbox.ts";
import { printable } from "./printable.ts";
import { type EndReason, endError } from "./sessionEnd.ts";
import type { Sources } from "./sources.ts";
import { statusOf } from "./status.ts";

/** What a session needs of its surroundings. */
export type SessionParts = {
  readonly hub: FilterHub;
  readonly intake: Intake;
  readonly limits: Limits;
  readonly sources: Sources;
  readonly log: Log;
  readonly metrics: Metrics;
};

type Stream = ServerDuplexStream<FilterMessage, SidecarMessage>;

/** InForce messages that a filter may send without having been sent traffic, nor sending a batch, in between. */
const IN_FORCE_MAX = 1_000;
/** Greatest generation that a filter is believed: what comes after it must still be a number that both sides can tell apart. */
const GENERATION_MAX = 2 ** 48;

/** One stream of one filter, from its Hello to its end. */
export class FilterSession implements FilterStream {
  readonly #stream: Stream;
  readonly #connection: Connection | undefined;
  readonly #caller: Caller | undefined;
  readonly #parts: SessionParts;
  readonly #ended: (session: FilterSession) => void;
  readonly #greeting: (session: FilterSession, source: string) => void;
  readonly #outbox: Outbox<SidecarMessage>;
  readonly #helloTimer: NodeJS.Timeout;
  #hello: Hello | undefined;
  #hub: FilterConnection | undefined;
  #creditBytes: number;
  #inForceMessages = 0;
  #isEnded = false;

  constructor(
    stream: Stream,
    parts: SessionParts & {
      readonly connection: Connection | undefined;
      /** Undefined while callers need not say who they are. */
      readonly caller: Caller | undefined;
      /** Told the session's source, once it is known. */
      readonly greeting: (session: FilterSession, source: string) => void;
      readonly ended: (session: FilterSession) => void;
    },
  ) {
    const { limits } = parts;
    this.#stream = stream;
    this.#parts = parts;
    this.#connection = parts.connection;
    this.#caller = parts.caller;
    this.#greeting = parts.greeting;
    this.#ended = parts.ended;
    this.#creditBytes = limits.creditBytes;
    this.#outbox = new Outbox<SidecarMessage>(stream, {
      unreadMs: limits.unreadMs,
      unread: () => this.end("unread"),
    });
    this.#helloTimer = setTimeout(() => this.end("no-hello"), limits.messageMs);
    stream.on("data", (message: FilterMessage) => this.#take(message));
    stream.on("end", () => this.end("gone"));
    stream.on("cancelled", () => this.end("gone"));
    stream.on("error", () => this.end("gone"));
  }

  get rollouts(): readonly string[] {
    return this.#hello?.rollouts ?? [];
  }

  get name(): string {
    return printable(this.#hello?.nodeId || "an Envoy without a node id");
  }

  push(target: Target, traffic: Traffic): void {
    this.#inForceMessages = 0;
    this.#outbox.put(`traffic ${target.rollout}`, { kind: "traffic", target, traffic });
  }

  /** Ends the stream: with OK when the filter is gone or the sidecar stops, else with an error that says why. */
  end(reason: EndReason, details = ""): void {
    if (this.#isEnded) {
      return;
    }
    this.#isEnded = true;
    clearTimeout(this.#helloTimer);
    this.#outbox.close();
    this.#hub?.close();
    this.#parts.metrics.streamsClosed.inc({ reason });
    this.#ended(this);
    if (reason === "gone" || reason === "stopping") {
      this.#stream.end();
      return;
    }
    const { source, nodeId } = this.#hello ?? {};
    const about = { reason, details, caller: this.#caller?.name, source, nodeId };
    this.#parts.log.warn(about, "filter's stream closed");
    this.#stream.emit("error", statusOf(endError(reason, details)));
    if (reason === "unread") {
      this.#connection?.close("unread");
    }
  }

  #take(message: FilterMessage): void {
    if (this.#isEnded) {
      return;
    }
    switch (message.kind) {
      case "hello":
        this.#greet(message.hello);
        return;
      case "batch":
        this.#spend(message.bytes, message.batch);
        return;
      case "inForce":
        this.#inForce(message.inForce);
        return;
      case "garbage":
        this.end("garbage");
        return;
      default:
        message satisfies never;
    }
  }

  #greet(hello: Hello): void {
    const { hub, limits, metrics, sources } = this.#parts;
    const problem =
      this.#hello === undefined
        ? helloProblem(hello, limits.rolloutsPerFilterMax)
        : "a second hello on one stream";
    if (problem !== undefined) {
      this.end("bad-hello", problem);
      return;
    }
    const foreign = foreignTo(this.#caller, hello);
    if (foreign !== undefined) {
      this.end("forbidden", printable(foreign));
      return;
    }
    clearTimeout(this.#helloTimer);
    this.#hello = hello;
    this.#greeting(this, hello.source);
    metrics.batchesLost.inc(sources.expect(hello.source, hello.nextSequence));
    const { messageBytesMax, creditBytes } = limits;
    this.#outbox.put("limits", { kind: "limits", messageBytesMax, creditBytes });
    this.#hub = hub.connect(this);
    for (const inForce of hello.inForce) {
      this.#report(inForce);
    }
  }

  #spend(bytes: number, batch: FilterBatch): void {
    this.#creditBytes -= bytes;
    if (this.#hello === undefined) {
      this.end("no-hello");
    } else if (this.#creditBytes < 0) {
      this.end("credit", `${-this.#creditBytes} bytes over what was granted`);
    } else if (batch.sequence >= 1) {
      this.#inForceMessages = 0;
      this.#count(this.#hello, { bytes, batch });
    } else {
      this.end("garbage");
    }
  }

  #count(hello: Hello, message: { readonly bytes: number; readonly batch: FilterBatch }): void {
    const { intake, metrics, sources } = this.#parts;
    const { batch, bytes } = message;
    const counted = () => this.#acknowledge(batch.sequence, bytes);
    const numbering = sources.take(hello.source, batch.sequence);
    if (numbering.kind === "replayed") {
      metrics.batches.inc({ outcome: "replayed" });
      counted();
      return;
    }
    metrics.batchesLost.inc(numbering.lost);
    for (const { reason, count } of batch.drops) {
      metrics.filterDrops.inc({ reason }, count);
    }
    const { observations, refused } = batch.observations(hello.rollouts);
    for (const [reason, count] of refused) {
      metrics.observationsRefused.inc({ reason }, count);
    }
    const isTaken = intake.offer({ observations, bytes, counted });
    metrics.batches.inc({ outcome: isTaken ? "taken" : "queue-full" });
    if (!isTaken) {
      counted();
    }
  }

  /** Gives the credit back; acknowledgements that wait for a slow reader become one. */
  #acknowledge(sequence: number, bytes: number): void {
    if (this.#isEnded) {
      return;
    }
    this.#creditBytes += bytes;
    const waiting = this.#outbox.waiting("ack");
    const before =
      waiting?.kind === "ack" ? waiting : { kind: "ack" as const, sequence: 0, creditBytes: 0 };
    this.#outbox.put("ack", {
      kind: "ack",
      sequence: Math.max(before.sequence, sequence),
      creditBytes: before.creditBytes + bytes,
    });
  }

  #inForce(inForce: InForce): void {
    this.#inForceMessages += 1;
    if (this.#hello === undefined) {
      this.end("no-hello");
    } else if (this.#inForceMessages > IN_FORCE_MAX) {
      this.end("in-force-flood");
    } else {
      this.#report(inForce);
    }
  }

  #report({ rollout, traffic, refused }: InForce): void {
    if (!this.rollouts.includes(rollout)) {
      return;
    }
    if (refused !== "") {
      this.#parts.metrics.filterRefusals.inc();
    }
    const isKnown = traffic.generation >= 1 && traffic.generation <= GENERATION_MAX;
    this.#hub?.report(rollout, isKnown ? traffic : undefined, printable(refused));
  }
}
