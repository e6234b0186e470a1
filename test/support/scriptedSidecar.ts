import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { Server, ServerCredentials, type ServerDuplexStream } from "@grpc/grpc-js";
import { understudy } from "#proto";
import {
  decodeSeen,
  type Seen,
  type SeenBatch,
  type SeenHello,
  type SeenInForce,
  type SeenMessage,
} from "./seen.ts";
import { until } from "./until.ts";

/** A message of the sidecar, or bytes that may be none. */
export type Say = understudy.v1.SidecarMessage.$Properties | Buffer;

/** One stream of one filter, from its opening on. */
export type SeenStream = {
  hello: SeenHello | undefined;
  readonly batches: SeenBatch[];
  /** What it reported as in force or refused, in its hello and since. */
  readonly reports: SeenInForce[];
  isOpen: boolean;
  /** Why messages of it could not be read. */
  readonly faults: string[];
  readonly say: (message: Say) => void;
  /** Ends it from the sidecar's side. */
  readonly end: () => void;
};

/** Traffic as a test says it. */
export type ScriptedTraffic = {
  readonly rollout: string;
  readonly generation: number;
  readonly candidateBp: number;
  readonly shadowBp: number;
  readonly shadowPrimary?: boolean;
};

/** How the sidecar behaves; what is left out is what a good one does. */
export type Script = {
  /** Where to listen; a free port when left out. */
  readonly port?: number;
  /** Sent to each stream after its hello. */
  readonly traffic?: readonly ScriptedTraffic[];
  readonly creditBytes?: number;
  readonly messageBytesMax?: number;
  /** Whether a batch is acknowledged, with as much credit as it took. */
  readonly acks?: "every" | "none";
  /** Called with a stream as it opens. */
  readonly onOpen?: (stream: SeenStream) => void;
  /** Called with a stream after its hello, and after what is sent to it then. */
  readonly onHello?: (stream: SeenStream) => void;
};

/** A sidecar in the test's own process that records what filters say, and says what the test wants. */
export type ScriptedSidecar = {
  readonly port: number;
  /** Every stream since the start, ended ones too. */
  readonly streams: readonly SeenStream[];
  readonly open: () => readonly SeenStream[];
  /** Observations of all streams, as they came. */
  readonly observations: () => readonly Seen[];
  /** What filters said they dropped, by reason. */
  readonly drops: () => Readonly<Record<string, number>>;
  /** Sends the traffic on every open stream, and on each to come. */
  readonly serve: (traffic: ScriptedTraffic) => void;
  /** Waits until so many open streams report the traffic as in force. */
  readonly inForce: (traffic: ScriptedTraffic, streams: number) => Promise<void>;
  /** Waits until at least so many observations came; returns all of them. */
  readonly seen: (atLeast: number) => Promise<readonly Seen[]>;
  /** Closes the port and every stream at once. */
  readonly stop: () => void;
};

type Parts = { readonly script: Script; readonly wanted: ReadonlyMap<string, ScriptedTraffic> };
type Call = ServerDuplexStream<Buffer, Buffer>;

const CREDIT_BYTES = 1 << 20;
const MESSAGE_BYTES_MAX = 256 << 10;
const SEEN_MS_MAX = 15_000;

const bytesAsTheyAre = (bytes: Buffer): Buffer => bytes;

const OBSERVE = {
  Observe: {
    path: "/understudy.v1.ObserveService/Observe",
    requestStream: true,
    responseStream: true,
    requestSerialize: bytesAsTheyAre,
    requestDeserialize: bytesAsTheyAre,
    responseSerialize: bytesAsTheyAre,
    responseDeserialize: bytesAsTheyAre,
  },
} as const;

/** Starts one; it ends with the test. */
export async function startScriptedSidecar(
  context: TestContext,
  script: Script = {},
): Promise<ScriptedSidecar> {
  const streams: SeenStream[] = [];
  const wanted = new Map(script.traffic?.map((traffic) => [traffic.rollout, traffic]));
  const server = new Server();
  server.addService(OBSERVE, {
    Observe: (call: Call) => {
      const stream = recorded(call, { script, wanted });
      streams.push(stream);
      script.onOpen?.(stream);
    },
  });
  const port = await listen(server, script.port ?? 0);
  context.after(() => server.forceShutdown());
  return { port, streams, stop: () => server.forceShutdown(), ...views(streams, wanted) };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
}

function recorded(call: Call, parts: Parts): SeenStream {
  const stream: SeenStream = {
    hello: undefined,
    batches: [],
    reports: [],
    isOpen: true,
    faults: [],
    say: (message) => {
      const bytes = Buffer.isBuffer(message)
        ? message
        : understudy.v1.SidecarMessage.encode(message).finish();
      call.write(Buffer.from(bytes));
    },
    end: () => call.end(),
  };
  const closed = (): void => {
    stream.isOpen = false;
  };
  call.on("data", (bytes: Buffer) => {
    try {
      take(stream, decodeSeen(bytes), parts);
    } catch (error) {
      stream.faults.push(String(error));
    }
  });
  call.once("end", () => {
    closed();
    call.end();
  });
  call.once("cancelled", closed);
  call.once("close", closed);
  call.on("error", closed);
  return stream;
}

function take(
  stream: SeenStream,
  { hello, batch, inForce }: SeenMessage,
  { script, wanted }: Parts,
): void {
  if (hello !== undefined) {
    stream.hello = hello;
    stream.reports.push(...hello.inForce);
    const { creditBytes = CREDIT_BYTES, messageBytesMax = MESSAGE_BYTES_MAX } = script;
    stream.say({ limits: { creditBytes, messageBytesMax } });
    for (const rollout of hello.rollouts) {
      const traffic = wanted.get(rollout);
      if (traffic !== undefined) {
        stream.say({ traffic });
      }
    }
    script.onHello?.(stream);
  }
  if (inForce !== undefined) {
    stream.reports.push(inForce);
  }
  if (batch !== undefined) {
    stream.batches.push(batch);
    if (script.acks !== "none") {
      stream.say({ ack: { sequence: batch.sequence, creditBytes: batch.bytes } });
    }
  }
}

function views(
  streams: readonly SeenStream[],
  wanted: Map<string, ScriptedTraffic>,
): Omit<ScriptedSidecar, "port" | "streams" | "stop"> {
  const open = (): readonly SeenStream[] => streams.filter((stream) => stream.isOpen);
  const batches = (): SeenBatch[] => streams.flatMap((stream) => stream.batches);
  const observations = (): readonly Seen[] => batches().flatMap((batch) => batch.observations);
  return {
    open,
    observations,
    drops: () => {
      const counts: Record<string, number> = {};
      for (const { reason, count } of batches().flatMap((batch) => batch.drops)) {
        counts[reason] = (counts[reason] ?? 0) + count;
      }
      return counts;
    },
    serve: (traffic) => {
      wanted.set(traffic.rollout, traffic);
      for (const stream of open()) {
        stream.say({ traffic });
      }
    },
    inForce: async (traffic, count) => {
      await until(() => open().filter((each) => isInForce(each, traffic)).length >= count, {
        deadlineMs: SEEN_MS_MAX,
        what: `${count} streams serve generation ${traffic.generation}`,
      });
    },
    seen: async (atLeast) => {
      const ask = (): readonly Seen[] | false => {
        assert.deepEqual(
          streams.flatMap(({ faults }) => faults),
          [],
        );
        return observations().length >= atLeast && observations();
      };
      return await until(ask, { deadlineMs: SEEN_MS_MAX, what: `${atLeast} observations` });
    },
  };
}

function isInForce(stream: SeenStream, traffic: ScriptedTraffic): boolean {
  const last = stream.reports.findLast((report) => report.rollout === traffic.rollout);
  return (
    last?.refused === "" &&
    last.generation === traffic.generation &&
    last.candidateBp === traffic.candidateBp &&
    last.shadowBp === traffic.shadowBp &&
    last.shadowPrimary === (traffic.shadowPrimary ?? false)
  );
}
