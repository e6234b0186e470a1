import assert from "node:assert/strict";
import { readFileSync } from "node:fs";

/** A header as name and value. */
export type Header = readonly [name: string, value: string];

/** A request the filter sent: to be answered by `answerCall`. */
export type Call = {
  readonly root: number;
  readonly cluster: string;
  readonly headers: readonly Header[];
  readonly body: Buffer;
  readonly timeoutMs: number;
};

/** A gRPC stream the filter opened, and what it sent. */
export type Stream = { readonly root: number; readonly messages: Buffer[]; open: boolean };

/** What a host would say of one HTTP stream. */
export type HttpStream = {
  requestHeaders: Header[];
  responseHeaders: Header[];
  codeDetails: string;
};

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
const CAS_MISMATCH = 8;
const INTERNAL_FAILURE = 10;
const REQUEST_HEADERS = 0;
const RESPONSE_HEADERS = 2;
const CALL_HEADERS = 6;

type Exports = Record<string, (...args: number[]) => number | undefined>;

/** The module as shipped, compiled once. */
export const filterModule: WebAssembly.Module = new WebAssembly.Module(
  readFileSync(new URL("../../build/filter.wasm", import.meta.url)),
);

/**
 * An Envoy worker as the filter sees it: keeps headers, bodies, calls, streams, metrics and shared
 * data, and hands them to the shipped module. Tests look at what is there, not at which calls were made.
 */
export class WasmHost {
  readonly counters: Map<string, number> = new Map();
  readonly logs: string[] = [];
  readonly calls: Map<number, Call> = new Map();
  readonly streams: Map<number, Stream> = new Map();
  /** The serialised GrpcService of every stream that was asked for. */
  readonly services: string[] = [];
  readonly http: Map<number, HttpStream> = new Map();
  readonly shared: Map<string, { value: Buffer; cas: number }>;
  readonly ended: number[] = [];
  /** Nanoseconds of the monotonic clock. */
  nowNs = 1_000_000_000n;
  /** What `proxy_http_call` and `proxy_grpc_stream` return: the host may refuse. */
  callStatus = OK;
  streamStatus = OK;
  /** Called inside `proxy_grpc_stream`, as Envoy calls back before it returns. */
  duringOpen: (() => void) | undefined;
  readonly memory: WebAssembly.Memory;
  private readonly exports: Exports;
  private readonly metricNames: string[] = [];
  private readonly buffers: Map<number, Buffer> = new Map();
  private readonly parents: Map<number, number> = new Map();
  private callHeaders: Header[] = [];
  private context = 0;
  private nextToken = 4;
  private nextContext = 1;

  constructor(shared: WasmHost["shared"] = new Map()) {
    this.shared = shared;
    const instance = new WebAssembly.Instance(filterModule, this.imports());
    this.memory = instance.exports.memory as WebAssembly.Memory;
    this.exports = instance.exports as Exports;
    this.call("_initialize");
  }

  /** Makes a root context and configures it; its id, or 0 when the configuration was refused. */
  configure(config: unknown): number {
    const root = this.newContext(0);
    return this.reconfigure(root, config) ? root : 0;
  }

  /** Configures a root context (again). */
  reconfigure(root: number, config: unknown): boolean {
    const bytes = Buffer.isBuffer(config) ? config : Buffer.from(JSON.stringify(config));
    this.buffers.set(7, bytes);
    return this.enter(root, "proxy_on_configure", bytes.length) === 1;
  }

  /** Makes a context of a root, or a root with parent 0; its id. */
  newContext(parent: number): number {
    const id = this.nextContext++;
    if (parent !== 0) this.parents.set(id, parent);
    this.http.set(id, { requestHeaders: [], responseHeaders: [], codeDetails: "via_upstream" });
    this.enter(id, "proxy_on_context_create", parent);
    return id;
  }

  /** A request's headers come; the id of its stream. */
  request(root: number, headers: readonly Header[], ended = true): number {
    const id = this.newContext(root);
    this.stream(id).requestHeaders = [...headers];
    const action = this.enter(id, "proxy_on_request_headers", headers.length, Number(ended));
    assert.equal(action, 0, "the filter never holds a request");
    return id;
  }

  requestBody(id: number, body: Buffer, ended: boolean): void {
    this.buffers.set(0, body);
    assert.equal(this.enter(id, "proxy_on_request_body", body.length, Number(ended)), 0);
  }

  requestTrailers(id: number): void {
    assert.equal(this.enter(id, "proxy_on_request_trailers", 1), 0);
  }

  responseHeaders(id: number, headers: readonly Header[], ended = false): void {
    this.stream(id).responseHeaders = [...headers];
    const action = this.enter(id, "proxy_on_response_headers", headers.length, Number(ended));
    assert.equal(action, 0, "the filter never holds an answer");
  }

  responseBody(id: number, body: Buffer, ended: boolean): void {
    this.buffers.set(1, body);
    assert.equal(this.enter(id, "proxy_on_response_body", body.length, Number(ended)), 0);
  }

  responseTrailers(id: number): void {
    assert.equal(this.enter(id, "proxy_on_response_trailers", 1), 0);
  }

  /** The user's whole answer, and the end of the stream. */
  answer(id: number, status: number, body: string): void {
    this.responseHeaders(id, [
      [":status", `${status}`],
      ["content-type", "text/plain"],
    ]);
    this.responseBody(id, Buffer.from(body), true);
    this.end(id);
  }

  /** A context ends; whether the filter agrees that it may go. */
  end(id: number): boolean {
    const agreed = this.enter(id, "proxy_on_done") === 1;
    if (agreed) this.http.delete(id);
    return agreed;
  }

  /** Answers a request the filter sent; without headers it failed. */
  answerCall(token: number, headers: readonly Header[], body: Buffer = Buffer.alloc(0)): void {
    const call = this.calls.get(token);
    this.calls.delete(token);
    this.callHeaders = [...headers];
    this.buffers.set(4, body);
    const root = call?.root ?? 1;
    this.enter(root, "proxy_on_http_call_response", token, headers.length, body.length, 0);
  }

  /** The sidecar sends bytes on a stream. */
  receive(token: number, bytes: Uint8Array): void {
    this.buffers.set(5, Buffer.from(bytes));
    this.enter(this.streams.get(token)?.root ?? 1, "proxy_on_grpc_receive", token, bytes.length);
  }

  closeStream(token: number, status = 14): void {
    const stream = this.streams.get(token);
    if (stream !== undefined) stream.open = false;
    this.enter(stream?.root ?? 1, "proxy_on_grpc_close", token, status);
  }

  /** Time passes, and the root ticks. */
  tick(root: number, passedMs = 50): void {
    this.nowNs += BigInt(passedMs) * 1_000_000n;
    this.enter(root, "proxy_on_tick");
  }

  /** Calls an export as a context, as the host would. */
  enter(context: number, name: string, ...args: number[]): number | undefined {
    const before = this.context;
    this.context = context;
    const out = this.call(name, context, ...args);
    this.context = before;
    return out;
  }

  counter(name: string): number {
    return this.counters.get(`understudy.${name}`) ?? 0;
  }

  stream(id: number): HttpStream {
    const stream = this.http.get(id);
    assert.ok(stream, `no stream ${id}`);
    return stream;
  }

  /** The one request under way that the filter sent. */
  onlyCall(): readonly [token: number, call: Call] {
    const [entry, ...more] = this.calls;
    assert.ok(entry !== undefined && more.length === 0, `${this.calls.size} calls`);
    return entry;
  }

  private call(name: string, ...args: number[]): number | undefined {
    const found = this.exports[name];
    assert.ok(found, `no export ${name}`);
    return found(...args);
  }

  private view(): DataView {
    return new DataView(this.memory.buffer);
  }

  private read(at: number, size: number): Buffer {
    return Buffer.from(Buffer.from(this.memory.buffer, at >>> 0, size));
  }

  private text(at: number, size: number): string {
    return this.read(at, size).toString("latin1");
  }

  private put(bytes: Buffer, outBytes: number, outSize: number): number {
    const at = this.call("malloc", bytes.length) ?? 0;
    if (at === 0) return 6;
    Buffer.from(this.memory.buffer).set(bytes, at >>> 0);
    this.view().setUint32(outBytes, at, true);
    this.view().setUint32(outSize, bytes.length, true);
    return OK;
  }

  private map(kind: number): Header[] | undefined {
    if (kind === CALL_HEADERS) return this.callHeaders;
    const stream = this.http.get(this.context);
    if (kind === REQUEST_HEADERS) return stream?.requestHeaders;
    return kind === RESPONSE_HEADERS ? stream?.responseHeaders : undefined;
  }

  private change(kind: number, change: (headers: Header[]) => Header[]): number {
    const headers = this.map(kind);
    if (headers === undefined) return BAD_ARGUMENT;
    headers.splice(0, headers.length, ...change([...headers]));
    return OK;
  }

  private imports(): WebAssembly.Imports {
    return {
      env: { ...this.headerFunctions(), ...this.streamFunctions(), ...this.stateFunctions() },
      wasi_snapshot_preview1: {
        clock_time_get: (clock: number, _precision: bigint, out: number): number => {
          const offset = clock === 0 ? 1_700_000_000_000_000_000n : 0n;
          this.view().setBigUint64(out, this.nowNs + offset, true);
          return OK;
        },
        random_get: (at: number, size: number): number => {
          for (let i = 0; i < size; i++) this.view().setUint8(at + i, (at * 7 + i * 31 + 5) & 255);
          return OK;
        },
      },
    };
  }

  private headerFunctions(): WebAssembly.ModuleImports {
    return {
      proxy_get_header_map_pairs: (kind: number, bytes: number, size: number): number => {
        const headers = this.map(kind);
        return headers === undefined ? BAD_ARGUMENT : this.put(pairs(headers), bytes, size);
      },
      proxy_add_header_map_value: (kind: number, ...at: number[]): number => {
        const [name, value] = this.nameAndValue(at);
        return this.change(kind, (headers) => [...headers, [name, value]]);
      },
      proxy_replace_header_map_value: (kind: number, ...at: number[]): number => {
        const [name, value] = this.nameAndValue(at);
        return this.change(kind, (all) => [...all.filter((one) => one[0] !== name), [name, value]]);
      },
      proxy_remove_header_map_value: (kind: number, at: number, size: number): number => {
        const name = this.text(at, size);
        return this.change(kind, (headers) => headers.filter((one) => one[0] !== name));
      },
      proxy_get_buffer_bytes: (...args: number[]): number => {
        const [kind = 0, start = 0, length = 0, bytes = 0, size = 0] = args;
        const buffer = this.buffers.get(kind);
        if (buffer === undefined) return NOT_FOUND;
        return this.put(buffer.subarray(start, start + length), bytes, size);
      },
    };
  }

  private nameAndValue(at: number[]): Header {
    const [name = 0, nameSize = 0, value = 0, valueSize = 0] = at;
    return [this.text(name, nameSize), this.text(value, valueSize)];
  }

  private streamFunctions(): WebAssembly.ModuleImports {
    return {
      proxy_http_call: (...args: number[]): number => this.httpCall(args),
      proxy_grpc_stream: (...args: number[]): number => {
        this.duringOpen?.();
        this.services.push(this.text(args[0] ?? 0, args[1] ?? 0));
        if (this.streamStatus !== OK) return this.streamStatus;
        const token = this.nextToken++;
        this.streams.set(token, { root: this.context, messages: [], open: true });
        this.view().setUint32(args[8] ?? 0, token, true);
        return OK;
      },
      proxy_grpc_send: (token: number, at: number, size: number): number => {
        const stream = this.streams.get(token);
        if (stream?.root !== this.context) return NOT_FOUND;
        if (stream.open) stream.messages.push(this.read(at, size));
        return OK;
      },
      proxy_grpc_close: (): number => OK,
      proxy_grpc_cancel: (token: number): number => {
        const stream = this.streams.get(token);
        if (stream !== undefined) stream.open = false;
        return OK;
      },
    };
  }

  private httpCall(args: number[]): number {
    const [cluster = 0, clusterSize = 0, headers = 0, headersSize = 0] = args;
    const [body = 0, bodySize = 0, , , timeoutMs = 0, out = 0] = args.slice(4);
    if (this.callStatus !== OK) return this.callStatus;
    const list = unpair(this.read(headers, headersSize));
    const needed = [":method", ":path", ":authority"];
    if (!needed.every((name) => list.some((one) => one[0] === name))) return BAD_ARGUMENT;
    const token = this.nextToken++;
    const root = this.parents.get(this.context) ?? this.context;
    const sent = { cluster: this.text(cluster, clusterSize), headers: list, timeoutMs };
    this.calls.set(token, { ...sent, root, body: this.read(body, bodySize) });
    this.view().setUint32(out, token, true);
    return OK;
  }

  private stateFunctions(): WebAssembly.ModuleImports {
    return {
      proxy_log: (_level: number, at: number, size: number): number => {
        this.logs.push(this.text(at, size));
        return OK;
      },
      proxy_set_tick_period_milliseconds: (): number => OK,
      proxy_get_property: (...args: number[]): number => {
        const [path = 0, pathSize = 0, bytes = 0, size = 0] = args;
        const name = this.text(path, pathSize).replaceAll("\0", ".");
        const details = this.http.get(this.context)?.codeDetails ?? "";
        const value = new Map([
          ["xds.node.id", "node-1"],
          ["response.code_details", details],
        ]);
        const found = value.get(name);
        return found === undefined ? NOT_FOUND : this.put(Buffer.from(found), bytes, size);
      },
      proxy_call_foreign_function: (): number => NOT_FOUND,
      proxy_set_effective_context: (context: number): number => {
        this.context = context;
        return OK;
      },
      proxy_done: (): number => {
        this.ended.push(this.context);
        return OK;
      },
      ...this.countingFunctions(),
    };
  }

  private countingFunctions(): WebAssembly.ModuleImports {
    return {
      proxy_define_metric: (_kind: number, at: number, size: number, out: number): number => {
        this.metricNames.push(this.text(at, size));
        this.view().setUint32(out, this.metricNames.length * 4, true);
        return OK;
      },
      proxy_increment_metric: (id: number, offset: bigint): number => {
        const name = this.metricNames[id / 4 - 1];
        if (name === undefined || offset === 0n) return BAD_ARGUMENT;
        this.counters.set(name, (this.counters.get(name) ?? 0) + Number(offset));
        return OK;
      },
      proxy_get_shared_data: (...args: number[]): number => {
        const [key = 0, keySize = 0, bytes = 0, size = 0, cas = 0] = args;
        const found = this.shared.get(this.text(key, keySize));
        if (found === undefined) return NOT_FOUND;
        this.view().setUint32(cas, found.cas, true);
        return this.put(found.value, bytes, size);
      },
      proxy_set_shared_data: (...args: number[]): number => {
        const [key = 0, keySize = 0, value = 0, valueSize = 0, cas = 0] = args;
        const name = this.text(key, keySize);
        const present = this.shared.get(name)?.cas ?? 0;
        if (cas !== 0 && cas !== present) return CAS_MISMATCH;
        this.shared.set(name, { value: this.read(value, valueSize), cas: present + 1 });
        return OK;
      },
    };
  }
}

/** What the host answers when a cluster has no host. */
export const REFUSED: number = INTERNAL_FAILURE;

function pairs(headers: readonly Header[]): Buffer {
  const sizes = [headers.length];
  const texts: Buffer[] = [];
  for (const [name, value] of headers) {
    const parts = [Buffer.from(name, "latin1"), Buffer.from(value, "latin1")];
    for (const part of parts) {
      sizes.push(part.length);
      texts.push(part, Buffer.from([0]));
    }
  }
  return Buffer.concat([Buffer.from(Uint32Array.from(sizes).buffer), ...texts]);
}

function unpair(bytes: Buffer): Header[] {
  const count = bytes.readUInt32LE(0);
  let at = 4 + count * 8;
  const next = (sizeAt: number): string => {
    const size = bytes.readUInt32LE(sizeAt);
    assert.equal(bytes[at + size], 0, "a NUL ends each text");
    const text = bytes.toString("latin1", at, at + size);
    at += size + 1;
    return text;
  };
  const out: Header[] = [];
  for (let i = 0; i < count; i++) out.push([next(4 + i * 8), next(8 + i * 8)]);
  assert.equal(at, bytes.length);
  return out;
}
