import { randomBytes } from "node:crypto";
import { Client, type ClientDuplexStream } from "@grpc/grpc-js";
import { understudy } from "#proto";
import { plainConnection, type SidecarConnection } from "../../sidecar/cli/connection.ts";
import { until } from "./until.ts";

const v1 = understudy.v1;

/** A message to the sidecar, or bytes that may be none. */
export type Said = understudy.v1.FilterMessage.$Properties | Buffer;

/** An observation as the wire has it. */
export type WireObservation = understudy.v1.Observation.$Properties;

/** Traffic that the filter has taken. */
export type TakenTraffic = {
  readonly generation: number;
  readonly candidateBp: number;
  readonly shadowBp: number;
  readonly shadowPrimary: boolean;
  readonly captureBp?: number;
};

/** How the filter behaves; what is left out is what a good one does. */
export type FakeFilterOptions = {
  readonly rollouts?: readonly string[];
  readonly source?: string;
  readonly nextSequence?: number;
  readonly inForce?: readonly ({ readonly rollout: string } & TakenTraffic)[];
  readonly protocolVersion?: number;
  /** Version of the candidate in its configuration; traffic about another is refused. */
  readonly candidate?: string;
  /** Takes no traffic, and so reports none. */
  readonly ignoresTraffic?: boolean;
  /** Says nothing at first. */
  readonly silent?: boolean;
};

/** A filter as the sidecar sees it: one stream, numbered batches, the traffic it was given. */
export class FakeFilter {
  readonly source: string;
  readonly traffic: Map<string, TakenTraffic> = new Map();
  /** Every generation that came, by rollout, in order. */
  readonly generations: Map<string, number[]> = new Map();
  /** All traffic that came, in order. */
  readonly told: ({ readonly rollout: string } & TakenTraffic)[] = [];
  /** The last traffic that came, by rollout, as the wire has it. */
  readonly given: Map<string, understudy.v1.Traffic.$Properties> = new Map();
  readonly stream: ClientDuplexStream<Buffer, Buffer>;
  limits: { readonly messageBytesMax: number; readonly creditBytes: number } | undefined;
  creditBytes = 0;
  acknowledged = 0;
  /** How the stream ended; undefined while it is open. */
  closed: { readonly code: number; readonly details: string } | undefined;
  readonly #client: Client;
  readonly #options: FakeFilterOptions;
  #nextSequence: number;

  constructor(to: string | SidecarConnection, options: FakeFilterOptions = {}) {
    const { server, credentials, metadata } = typeof to === "string" ? plainConnection(to) : to;
    this.#options = options;
    this.source = options.source ?? randomBytes(16).toString("hex");
    this.#nextSequence = options.nextSequence ?? 1;
    this.#client = new Client(server, credentials, {
      "grpc.use_local_subchannel_pool": 1,
    });
    const asIs = (bytes: Buffer): Buffer => bytes;
    const path = "/understudy.v1.ObserveService/Observe";
    this.stream = this.#client.makeBidiStreamRequest(path, asIs, asIs, metadata);
    this.stream.on("data", (bytes: Buffer) => this.#take(bytes));
    this.stream.on("error", () => undefined);
    this.stream.on("status", ({ code, details }) => {
      this.closed = { code, details };
    });
    if (options.silent !== true) {
      this.say({ hello: this.hello() });
    }
  }

  /** The Hello that it says. */
  hello(): understudy.v1.Hello.$Properties {
    const { rollouts = ["test"], inForce = [], protocolVersion = 1 } = this.#options;
    return {
      source: this.source,
      nodeId: "fake",
      filterVersion: "0.1.0",
      protocolVersion,
      rollouts: [...rollouts],
      inForce: [...inForce],
      nextSequence: this.#nextSequence,
    };
  }

  say(message: Said): void {
    this.stream.write(
      Buffer.isBuffer(message) ? message : Buffer.from(v1.FilterMessage.encode(message).finish()),
    );
  }

  /** Sends one batch; returns its sequence. */
  observe(
    observations: readonly WireObservation[],
    options: { readonly sequence?: number; readonly drops?: understudy.v1.Drop.$Properties[] } = {},
  ): number {
    const sequence = options.sequence ?? this.#nextSequence;
    this.#nextSequence = Math.max(this.#nextSequence, sequence + 1);
    const batch = { sequence, observations: [...observations], drops: options.drops ?? [] };
    const bytes = Buffer.from(v1.FilterMessage.encode({ batch }).finish());
    this.creditBytes -= bytes.length;
    this.say(bytes);
    return sequence;
  }

  /** Waits for the sidecar's Limits. */
  async ready(): Promise<void> {
    await until(() => this.limits !== undefined, { deadlineMs: 5_000, what: "limits come" });
  }

  /** Waits until the batch is acknowledged. */
  async acknowledgedUpTo(sequence: number): Promise<void> {
    const what = `batch ${sequence} is acknowledged`;
    await until(() => this.acknowledged >= sequence, { deadlineMs: 5_000, what });
  }

  /** Waits until the stream has ended; returns how. */
  async ended(): Promise<{ readonly code: number; readonly details: string }> {
    return await until(() => this.closed, { deadlineMs: 15_000, what: "the stream ends" });
  }

  close(): void {
    this.stream.cancel();
    this.#client.close();
  }

  #take(bytes: Buffer): void {
    const { limits, traffic, ack } = v1.SidecarMessage.decode(bytes);
    if (limits != null) {
      const creditBytes = limits.creditBytes ?? 0;
      this.limits = { messageBytesMax: limits.messageBytesMax ?? 0, creditBytes };
      this.creditBytes = creditBytes;
    }
    if (ack != null) {
      this.acknowledged = Number(ack.sequence);
      this.creditBytes += ack.creditBytes ?? 0;
    }
    if (traffic != null && this.#options.ignoresTraffic !== true) {
      this.#serve(traffic);
    }
  }

  #serve(given: understudy.v1.Traffic.$Properties): void {
    const rollout = given.rollout ?? "";
    const generation = Number(given.generation);
    this.generations.set(rollout, [...(this.generations.get(rollout) ?? []), generation]);
    this.given.set(rollout, given);
    const candidate = this.#options.candidate ?? given.candidateVersion;
    if (candidate !== given.candidateVersion) {
      const refused = `candidate_version: ${given.candidateVersion}: ${candidate}`;
      this.say({ inForce: { rollout, refused } });
      return;
    }
    const before = this.traffic.get(rollout);
    const isOlder = before !== undefined && generation < before.generation;
    const { candidateBp, shadowBp, shadowPrimary, captureBp } = given;
    const now = {
      generation,
      candidateBp: candidateBp ?? 0,
      shadowBp: shadowBp ?? 0,
      shadowPrimary: shadowPrimary ?? false,
      captureBp: captureBp ?? 0,
    };
    this.told.push({ rollout, ...now });
    const taken = isOlder ? before : now;
    this.traffic.set(rollout, taken);
    const refused = isOlder ? `generation: ${generation}: at least ${before.generation}` : "";
    this.say({ inForce: { rollout, ...taken, refused } });
  }
}

/** An observation of a good answer by the primary, but for what is given. */
export function wireObservation(part: WireObservation = {}): WireObservation {
  return {
    rollout: 0,
    requestId: randomBytes(8).toString("hex"),
    subject: Buffer.alloc(8, 1),
    startUnixMs: Date.now(),
    path: "/predict",
    generation: 1,
    served: v1.Variant.VARIANT_PRIMARY,
    overridden: false,
    answer: wireAnswer(),
    ...part,
  };
}

/** A good answer, but for what is given. */
export function wireAnswer(
  part: understudy.v1.Answer.$Properties = {},
): understudy.v1.Answer.$Properties {
  const body = Buffer.from('{"label":1}');
  return {
    status: 200,
    contentType: "application/json",
    latencyUs: 10_000,
    body,
    bodyBytes: body.length,
    ...part,
  };
}
