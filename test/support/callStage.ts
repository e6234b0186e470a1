import type { TestContext } from "node:test";
import {
  Client,
  credentials,
  type Metadata,
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceError,
  type sendUnaryData,
} from "@grpc/grpc-js";
import { filterConfig, rolloutConfig } from "./filterConfig.ts";
import { type Mesh, STREAMS, startMesh } from "./mesh.ts";
import { SCORE_PATH, scoreAnswer, WATCH_PATH } from "./scorer.ts";
import {
  type ScriptedSidecar,
  type ScriptedTraffic,
  startScriptedSidecar,
} from "./scriptedSidecar.ts";
import { traffic } from "./stage.ts";

/** What a server was asked. */
export type Asked = {
  readonly metadata: Metadata;
  readonly message: Buffer;
  /** How long the server may take, from its own beginning. */
  readonly allowedMs: number;
};

/** A server of the tests' service: grpc-js's own, told by the test what to answer. */
export type CallServer = {
  readonly port: number;
  /** Unary calls and streams, in the order of their beginnings. */
  readonly asked: Asked[];
  score: (answer: sendUnaryData<Buffer>) => void;
  watch: (call: ServerWritableStream<Buffer, Buffer>) => void;
  stop(): void;
};

/** Two such servers behind an Envoy with the filter, and a client. */
export type CallMesh = {
  readonly v1: CallServer;
  readonly v2: CallServer;
  readonly mesh: Mesh;
  readonly client: Client;
};

/** The same with a scripted sidecar. */
export type CallStage = CallMesh & { readonly sidecar: ScriptedSidecar };

/** What the stage's rollout copies by default. */
export const UNARY: object = { exact: SCORE_PATH, grpc: "unary" };

/** What a stage is to be. */
export type CallStageParts = {
  readonly fields?: Partial<ScriptedTraffic>;
  readonly paths?: readonly object[];
};

/** Sets everything up, and waits until the traffic is in force in every worker. */
export async function setCallStage(
  context: TestContext,
  { fields = {}, paths = [UNARY] }: CallStageParts = {},
): Promise<CallStage> {
  const wanted = traffic(fields);
  const sidecar = await startScriptedSidecar(context, { traffic: [wanted] });
  const mesh = await startCallMesh(context, { sidecar: sidecar.port, paths });
  await sidecar.inForce(wanted, STREAMS);
  return { ...mesh, sidecar };
}

/** Starts the servers and the mesh, whose sidecar is at this port. */
export async function startCallMesh(
  context: TestContext,
  { sidecar, paths = [UNARY] }: { readonly sidecar: number; readonly paths?: readonly object[] },
): Promise<CallMesh> {
  const [v1, v2] = await Promise.all([startCallServer(context), startCallServer(context)]);
  const rollout = rolloutConfig({
    match: { path: { prefix: "/" } },
    shadow: { paths, timeoutMs: 1000 },
  });
  const mesh = await startMesh(context, {
    ports: { v1: v1.port, v2: v2.port, sidecar, protocol: "http2" },
    configuration: filterConfig([rollout]),
  });
  const client = new Client(`127.0.0.1:${mesh.port}`, credentials.createInsecure());
  context.after(() => client.close());
  return { v1, v2, mesh, client };
}

/** Calls the unary method; the message of the answer, or the error with its code. */
export function score(client: Client): Promise<Buffer | ServiceError> {
  const deadline = Date.now() + 20_000;
  return new Promise((resolve) => {
    client.makeUnaryRequest(SCORE_PATH, same, same, REQUEST, { deadline }, (error, answer) =>
      resolve(error ?? answer ?? Buffer.alloc(0)),
    );
  });
}

/** Calls the method that streams; what came of it so far, and at the end its status. */
export function watch(client: Client): {
  readonly messages: Buffer[];
  readonly ended: Promise<number>;
} {
  const call = client.makeServerStreamRequest(WATCH_PATH, same, same, REQUEST);
  const messages: Buffer[] = [];
  call.on("data", (message: Buffer) => messages.push(message));
  call.on("error", () => undefined);
  const ended = new Promise<number>((resolve) => call.on("status", ({ code }) => resolve(code)));
  return { messages, ended };
}

/** Answers a message with these fields. */
export function scoring(fields: Readonly<Record<string, unknown>>): CallServer["score"] {
  return (answer) => answer(null, scoreAnswer(fields));
}

/** Says nothing. */
export const silent: CallServer["score"] = () => undefined;

/** Fails with a status and words. */
export function failing(code: number, details: string): CallServer["score"] {
  return (answer) => answer({ code, details });
}

async function startCallServer(context: TestContext): Promise<CallServer> {
  const server = new Server();
  const held: { -readonly [Key in keyof CallServer]: CallServer[Key] } = {
    port: 0,
    asked: [],
    score: scoring({}),
    watch: (call) => call.end(),
    stop: () => server.forceShutdown(),
  };
  server.addService(SERVICE, {
    score: (call: ServerUnaryCall<Buffer, Buffer>, answer: sendUnaryData<Buffer>) => {
      held.asked.push(askedBy(call));
      held.score(answer);
    },
    watch: (call: ServerWritableStream<Buffer, Buffer>) => {
      held.asked.push(askedBy(call));
      held.watch(call);
    },
  });
  held.port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error === null ? resolve(port) : reject(error),
    );
  });
  context.after(() => server.forceShutdown());
  return held;
}

type AnyCall = ServerUnaryCall<Buffer, Buffer> | ServerWritableStream<Buffer, Buffer>;

function askedBy(call: AnyCall): Asked {
  const { metadata, request: message } = call;
  return { metadata, message, allowedMs: Number(call.getDeadline()) - Date.now() };
}

const same = (bytes: Buffer): Buffer => bytes;
const REQUEST = Buffer.from([0x0a, 1, 0x61]);

const SHAPE = {
  requestStream: false,
  requestSerialize: same,
  requestDeserialize: same,
  responseSerialize: same,
  responseDeserialize: same,
};
const SERVICE = {
  score: { ...SHAPE, path: SCORE_PATH, responseStream: false },
  watch: { ...SHAPE, path: WATCH_PATH, responseStream: true },
};
