import type { Call, HttpStream, Stream } from "./hostTypes.ts";
import { type Header, pairs, unpair } from "./pairs.ts";

const OK = 0;
const NOT_FOUND = 1;
const BAD_ARGUMENT = 2;
const CAS_MISMATCH = 8;
const INTERNAL_FAILURE = 10;

type Exports = Record<string, (...args: number[]) => number | undefined>;

/** What a host keeps for the filter, and the functions of the ABI on it. */
export class HostState {
  readonly counters: Map<string, number> = new Map();
  readonly logs: string[] = [];
  readonly calls: Map<number, Call> = new Map();
  readonly streams: Map<number, Stream> = new Map();
  /** The serialised GrpcService of every stream that was asked for. */
  readonly services: string[] = [];
  readonly http: Map<number, HttpStream> = new Map();
  readonly shared: Map<string, { value: Buffer; cas: number }>;
  readonly ended: number[] = [];
  /** How often each context wants to tick. */
  readonly periodsMs: Map<number, number> = new Map();
  /** Nanoseconds of the monotonic clock. */
  nowNs: bigint = 1_000_000_000n;
  /** What `proxy_http_call` and `proxy_grpc_stream` return: the host may refuse. */
  callStatus: number = OK;
  streamStatus: number = OK;
  /** Called inside `proxy_grpc_stream`, as Envoy calls back before it returns. */
  duringOpen: (() => void) | undefined;
  protected exports: Exports = {};
  protected linear: WebAssembly.Memory | undefined;
  protected readonly metricNames: string[] = [];
  protected readonly buffers: Map<number, Buffer> = new Map();
  protected readonly parents: Map<number, number> = new Map();
  protected callHeaders: Header[] = [];
  protected callTrailers: Header[] = [];
  protected context = 0;
  protected nextToken = 4;
  protected nextContext = 1;

  constructor(shared: HostState["shared"]) {
    this.shared = shared;
  }

  protected call(name: string, ...args: number[]): number | undefined {
    const found = this.exports[name];
    if (found === undefined) throw new Error(`no export ${name}`);
    return found(...args);
  }

  /** The filter's linear memory. */
  memory(): WebAssembly.Memory {
    if (this.linear === undefined) throw new Error("no module yet");
    return this.linear;
  }

  protected view(): DataView {
    return new DataView(this.memory().buffer);
  }

  protected read(at: number, size: number): Buffer {
    return Buffer.from(Buffer.from(this.memory().buffer, at >>> 0, size));
  }

  protected text(at: number, size: number): string {
    return this.read(at, size).toString("latin1");
  }

  protected put(bytes: Buffer, outBytes: number, outSize: number): number {
    const at = this.call("malloc", bytes.length) ?? 0;
    if (at === 0) return 6;
    Buffer.from(this.memory().buffer).set(bytes, at >>> 0);
    this.view().setUint32(outBytes, at, true);
    this.view().setUint32(outSize, bytes.length, true);
    return OK;
  }

  /** The headers of a kind, as the ABI numbers them. */
  protected map(kind: number): Header[] | undefined {
    const stream = this.http.get(this.context);
    const ofRequest = [stream?.requestHeaders, undefined];
    const ofAnswer = [stream?.responseHeaders, stream?.responseTrailers];
    const ofSidecar = [undefined, undefined];
    return [...ofRequest, ...ofAnswer, ...ofSidecar, this.callHeaders, this.callTrailers][kind];
  }

  protected change(kind: number, change: (headers: Header[]) => Header[]): number {
    const headers = this.map(kind);
    if (headers === undefined) return BAD_ARGUMENT;
    headers.splice(0, headers.length, ...change([...headers]));
    return OK;
  }

  protected imports(): WebAssembly.Imports {
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

  protected headerFunctions(): WebAssembly.ModuleImports {
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

  protected nameAndValue(at: number[]): Header {
    const [name = 0, nameSize = 0, value = 0, valueSize = 0] = at;
    return [this.text(name, nameSize), this.text(value, valueSize)];
  }

  protected streamFunctions(): WebAssembly.ModuleImports {
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

  protected httpCall(args: number[]): number {
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

  protected stateFunctions(): WebAssembly.ModuleImports {
    return {
      proxy_log: (_level: number, at: number, size: number): number => {
        this.logs.push(this.text(at, size));
        return OK;
      },
      proxy_set_tick_period_milliseconds: (periodMs: number): number => {
        this.periodsMs.set(this.context, periodMs);
        return OK;
      },
      proxy_get_property: (...args: number[]): number => {
        const [path = 0, pathSize = 0, bytes = 0, size = 0] = args;
        const name = this.text(path, pathSize).replaceAll("\0", ".");
        const details = this.http.get(this.context)?.codeDetails ?? "";
        const found = { "xds.node.id": "node-1", "response.code_details": details }[name];
        return found === undefined ? NOT_FOUND : this.put(Buffer.from(found), bytes, size);
      },
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

  protected countingFunctions(): WebAssembly.ModuleImports {
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
